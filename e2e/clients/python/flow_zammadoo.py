"""The main flows of zammadoo, as its users write them, against a running Postroom.

URL, LOGIN and PASSWORD come from the environment. Ends with an error at the first answer that is
not what the client's users rely on.
"""

import os
import tempfile
import uuid
from pathlib import Path

from zammadoo.client import APIException, Client

LOGIN, PASSWORD = os.environ["LOGIN"], os.environ["PASSWORD"]
RUN = uuid.uuid4().hex[:8]  # makes names unique, so that the flow can run twice on one installation


def equal(got, want, what):
    assert got == want, f"{what}: {got!r}, want {want!r}"


def refused(ask, status, text):
    try:
        answer = ask()
    except APIException as error:
        equal(error.response.status_code, status, f"status of {error}")
        assert text in str(error), f"refused with {error}, want {text!r} in it"
        return
    raise AssertionError(f"answered {answer!r}, want an error with {text!r}")


def people(client):
    organization = client.organizations.create(f"Umbrella {RUN}", note="umbrellas")
    user = client.users.create(firstname="Zoe", lastname=f"Zoo{RUN}", email=f"zoe-{RUN}@example.net", organization=organization.name)
    equal(user.organization.name, organization.name, "organization of a user")
    equal(user.longname, f"Zoe Zoo{RUN} (Umbrella {RUN})", "name of a user")
    equal([role.name for role in user.roles], ["Customer"], "roles of a user made without any")
    equal(user.created_by.login, LOGIN, "who made the user")
    equal(user.update(phone="123").phone, "123", "phone")
    user.reload(expand=True)
    equal(user["organizations"], [], "expanded secondary organizations")
    organization.reload()
    equal([member.id for member in organization.members], [user.id], "members")
    equal([one.id for one in client.users.search(f"Zoo{RUN}")], [user.id], "users found")
    equal([one.id for one in client.organizations.search(f"Umbrella {RUN}")], [organization.id], "organizations found")
    assert user.id in [one.id for one in client.users.iter(per_page=6)], "user is on no page"
    for group in client.groups:
        assert isinstance(group.users, list), f"users of group {group.name}"
    equal({role.name for role in client.roles} >= {"Admin", "Agent", "Customer"}, True, "roles")
    refused(lambda: organization.delete(), 422, "Can't delete, object has references.")
    return user


def tickets(client, customer):
    ticket = client.tickets.create(f"Umbrella leaks {RUN}", "Users", customer.id, "It rains in", state="new")
    equal((ticket.customer.login, ticket.group.name, ticket.state.name, ticket.priority.name),
          (customer.login, "Users", "new", "2 normal"), "a new ticket")
    equal(ticket.owner.id, 1, "owner of a ticket that nobody has taken")
    equal(ticket.organization.name, customer.organization.name, "organization of a ticket")
    changed = ticket.update(state="open", owner=LOGIN, body="I look")
    equal((changed.state.name, changed.owner.login, changed.article_count), ("open", LOGIN, 2), "a changed ticket")
    changed.reload(expand=True)
    equal((changed["state"], changed["owner"], len(changed.articles)), ("open", LOGIN, 2), "an expanded ticket")
    equal([one.id for one in client.tickets.search(f"Umbrella {RUN}")], [ticket.id], "tickets found")
    types = [entry["type"] for entry in ticket.history()]
    assert types.count("created") == 3 and "updated" in types, f"history {types}"
    return changed


def articles(ticket):
    with tempfile.TemporaryDirectory() as folder:
        letter = Path(folder, "brief – ä.txt")
        letter.write_text("Schöne Grüße\n" * 1000, encoding="utf-8")
        written = ticket.create_article("see letter", files=letter, internal=False, subject="Letter")
        [attachment] = written.attachments
        equal((attachment.filename, attachment.size), (letter.name, letter.stat().st_size), "attachment")
        copy = attachment.download(Path(folder, "copy"))
        equal(copy.read_bytes(), letter.read_bytes(), "what was downloaded")
    equal([one.body for one in ticket.parent.client.ticket_articles.by_ticket(ticket.id)],
          ["It rains in", "I look", "see letter"], "bodies of the ticket's articles")
    equal((written.sender, written.created_by.login, written.ticket.id), ("Agent", LOGIN, ticket.id), "article")


def belongings(client, ticket, customer):
    ticket.add_tags("rain", f"wet-{RUN}")
    equal(sorted(ticket.tags()), sorted(["rain", f"wet-{RUN}"]), "tags")
    equal(client.tags.search(f"wet-{RUN}"), [f"wet-{RUN}"], "tags found")
    ticket.remove_tags("rain")
    client.tags.rename(f"wet-{RUN}", f"dry-{RUN}")
    equal(ticket.tags(), [f"dry-{RUN}"], "tags after one was renamed")
    client.tags.delete(f"dry-{RUN}")
    equal(ticket.tags(), [], "tags after theirs was deleted")

    other = client.tickets.create(f"Boots leak {RUN}", "Users", customer.id, "too")
    ticket.link_with(other, "child")
    equal([one.id for one in ticket.links()["child"]], [other.id], "children of a ticket")
    equal([one.id for one in other.links()["parent"]], [ticket.id], "parents of a ticket")
    ticket.unlink_from(other)
    equal(sum(ticket.links().values(), []), [], "links after theirs was removed")

    client.put("settings/" + str(next(one["id"] for one in client.get("settings") if one["name"] == "time_accounting")),
               json={"state_current": {"value": True}})
    spent = ticket.create_time_accounting(7.5)
    equal([float(one.time_unit) for one in ticket.time_accountings()], [7.5], "time spent")
    equal(float(spent.update(time_unit="9").time_unit), 9.0, "time spent, corrected")
    spent.delete()

    known = [one.id for one in client.notificatons]  # jobs may tell of more meanwhile
    client.notificatons.mark_all_as_read()
    equal([one.seen for one in client.notificatons if not one.seen and one.id in known], [], "notifications not seen")
    target = other.merge_into(ticket)
    equal(target.id, ticket.id, "ticket that another was merged into")


def on_behalf(client, customer):
    with client.impersonation_of(customer.login):
        equal(client.users.me().id, customer.id, "me, acting for a customer")
        ticket = client.tickets.create(f"Myself {RUN}", "Users", customer.id, "I wrote it")
        equal(ticket["created_by_id"], customer.id, "who made the ticket")
        equal({one["customer_id"] for one in client.tickets}, {customer.id}, "customers of the tickets a customer sees")
    equal(client.users.me().login, LOGIN, "me again")
    with client.impersonation_of("nobody@example.net"):
        refused(client.users.me, 403, "No such user 'nobody@example.net'")
    return ticket


def main():
    client = Client(os.environ["URL"] + "/api/v1/", http_auth=(LOGIN, PASSWORD))
    assert client.server_version, "no version"
    customer = people(client)
    ticket = tickets(client, customer)
    articles(ticket)
    belongings(client, ticket, customer)
    for done in (on_behalf(client, customer), ticket):
        done.delete()
        refused(done.reload, 404, "Couldn't find Ticket")
    stranger = Client(os.environ["URL"] + "/api/v1/", http_token="wrong")
    refused(stranger.users.me, 401, "Can't find User for Token")


main()
