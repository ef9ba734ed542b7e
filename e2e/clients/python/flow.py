"""The main flows of zammad_py, as its users write them, against a running Postroom.

URL, LOGIN and PASSWORD come from the environment. Ends with an error at the first answer that is
not what the client's users rely on.
"""

import base64
import os
import time
import uuid

from requests.exceptions import HTTPError
from zammad_py import ZammadAPI
from zammad_py.api import Object, OnlineNotification

URL = os.environ["URL"] + "/api/v1/"
LOGIN, PASSWORD = os.environ["LOGIN"], os.environ["PASSWORD"]
RUN = uuid.uuid4().hex[:8]  # makes names unique, so that the flow can run twice on one installation

PICTURE = bytes(range(256)) * 40  # what must come back byte by byte


def equal(got, want, what):
    assert got == want, f"{what}: {got!r}, want {want!r}"


def refused(ask, text):
    """Expects the answer to be an error whose body names text."""
    try:
        answer = ask()
    except HTTPError as error:
        assert text in str(error), f"refused with {error}, want {text!r} in it"
        return
    raise AssertionError(f"answered {answer!r}, want an error with {text!r}")


def sooner_or_later(ask, what):
    """Asks until there is something: agents are told of things by a job."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := list(ask()):
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {what} within a minute")


def to_the_end(first_page):
    """Follows a client's pages as its documentation says: until one is not full."""
    page, found = first_page, []
    while True:
        found += list(page)
        if page.is_last_page():
            return found
        page = page.next_page()


def everybody(api):
    me = api.user.me()
    equal(me["login"], LOGIN, "login of me")

    names = [f"user-{RUN}-{i}@example.net" for i in range(25)]
    made = [
        api.user.create({"firstname": "Uma", "lastname": f"User{RUN}", "email": name, "roles": ["Customer"]})
        for name in names
    ]
    ids = [user["id"] for user in made]
    equal(made[0]["login"], names[0], "login of a user made without one")

    resource = api.user
    resource.per_page = 7
    everyone = to_the_end(resource.all())
    equal(len({user["id"] for user in everyone}), len(everyone), "different users on all pages")
    assert set(ids) <= {user["id"] for user in everyone}, "users are missing on the pages"
    equal(next(user["roles"] for user in everyone if user["id"] == ids[0]), ["Customer"], "expanded roles")

    found = to_the_end(resource.search(f"User{RUN}"))
    equal(sorted(user["id"] for user in found), sorted(ids), "users found on all pages")

    # What most scripts do: read the whole record, change one thing, send all of it back.
    whole = api.user.find(ids[0])
    whole["phone"] = "+49 30 123456"
    changed = api.user.update(ids[0], whole)
    equal(changed["phone"], "+49 30 123456", "phone after an update with the whole record")
    equal(changed["role_ids"], made[0]["role_ids"], "roles after an update with the whole record")
    equal(changed["email"], names[0], "email after an update with the whole record")

    refused(lambda: api.user.create({"email": names[0]}), "is already used for another user.")
    refused(lambda: api.user.find(999_999_999), "Couldn't find User with 'id'=999999999")
    api.user.destroy(ids[24])
    refused(lambda: api.user.find(ids[24]), "Couldn't find User")
    return made


def organizations(api, members):
    made = api.organization.create({"name": f"Acme {RUN}", "members": [members[0]["login"], members[1]["login"]]})
    equal(sorted(made["member_ids"]), sorted(user["id"] for user in members[:2]), "members named by login")
    whole = api.organization.find(made["id"])
    whole["note"] = "Käse und Brot"
    equal(api.organization.update(made["id"], whole)["note"], "Käse und Brot", "note of an organization")
    found = api.organization.search(f"Acme {RUN}")
    equal([one["name"] for one in found], [made["name"]], "organizations found")
    equal(found[0]["members"], [user["email"] for user in members[:2]], "expanded members")
    equal(api.user.find(members[0]["id"])["organization_id"], made["id"], "organization of its member")

    empty = api.organization.create({"name": f"Empty {RUN}"})
    api.organization.destroy(empty["id"])
    refused(lambda: api.organization.find(empty["id"]), "Couldn't find Organization")


def groups(api):
    made = api.group.create({"name": f"Sales {RUN}", "note": "sells"})
    whole = api.group.find(made["id"])
    whole["note"] = "sells more"
    equal(api.group.update(made["id"], whole)["note"], "sells more", "note of a group")
    assert made["name"] in [group["name"] for group in to_the_end(api.group.all())], "group is not listed"

    # To work in the new group one needs rights in it; other groups keep theirs.
    me = api.user.me()
    access = {**me.get("group_ids", {}), str(made["id"]): ["full"]}
    equal(api.user.update(me["id"], {"group_ids": access})["group_ids"][str(made["id"])], ["full"], "access to the group")
    role = api.role.create({"name": f"Helper {RUN}", "permissions": ["ticket.agent"]})
    equal(api.role.find(role["id"])["name"], f"Helper {RUN}", "name of a role")
    assert {"Admin", "Agent", "Customer"} <= {one["name"] for one in api.role.all()}, "roles are missing"
    return made


def dictionaries(api):
    states = {state["name"]: state for state in api.ticket_state.all()}
    assert {"new", "open", "closed", "merged", "pending reminder", "pending close"} <= set(states), states
    equal(api.ticket_state.find(states["open"]["id"])["name"], "open", "name of a state")
    priorities = [priority["name"] for priority in api.ticket_priority.all()]
    equal(priorities, ["1 low", "2 normal", "3 high"], "priorities")

    made = api.ticket_priority.create({"name": f"urgent {RUN}", "note": "now"})
    equal(api.ticket_priority.update(made["id"], {"name": f"very urgent {RUN}"})["note"], "now", "note of a priority")
    api.ticket_priority.destroy(made["id"])
    refused(lambda: api.ticket_priority.find(made["id"]), "Couldn't find Ticket::Priority")


def tickets(api, group, customer):
    made = api.ticket.create({
        "title": f"Kettle {RUN}",
        "group": group["name"],
        "customer": customer["email"],
        "state": "new",
        "priority": "2 normal",
        "article": {"subject": "It leaks", "body": "I am the <kettle> & I leak", "type": "note", "internal": False},
    })
    equal(made["customer_id"], customer["id"], "customer named by email")
    equal(made["group_id"], group["id"], "group named")
    equal(made["article_count"], 1, "articles of a new ticket")

    # A customer can be made along with the ticket.
    guessed = api.ticket.create({
        "title": f"Teapot {RUN}", "group": group["name"], "customer_id": f"guess:new-{RUN}@example.net",
        "article": {"body": "Hello"},
    })
    equal(api.user.find(guessed["customer_id"])["email"], f"new-{RUN}@example.net", "guessed customer")

    whole = api.ticket.find(made["id"])
    whole["title"] = f"Kettle and cup {RUN}"
    whole["state"] = "pending reminder"
    whole["pending_time"] = "2030-01-02T03:04:00Z"
    api.ticket.update(made["id"], whole)
    changed = api.ticket.find(made["id"])
    equal(changed["title"], f"Kettle and cup {RUN}", "title after an update with the whole record")
    equal(changed["pending_time"], "2030-01-02T03:04:00.000Z", "pending time")
    for name in ("number", "group_id", "customer_id", "owner_id", "created_at", "article_count"):
        equal(changed[name], made[name], f"{name} after an update with the whole record")
    api.ticket.update(made["id"], {"state": "open", "owner": LOGIN, "article": {"body": "I look", "internal": True}})
    listed = to_the_end(api.ticket.search(f'title:"Kettle and cup {RUN}"'))
    equal([(one["id"], one["state"], one["owner"], one["group"], one["customer"]) for one in listed],
          [(made["id"], "open", LOGIN, group["name"], customer["email"])], "expanded ticket that was found")

    refused(lambda: api.ticket.create({"title": "no group", "article": {"body": "x"}}), "The required value 'group_id' is missing.")
    refused(lambda: api.ticket.create({"title": "x", "group": "No such group", "customer": customer["email"]}),
            "No lookup value found for 'group': \\\"No such group\\\"")
    refused(lambda: api.ticket.find(999_999_999), "Couldn't find Ticket with 'id'=999999999")
    return made, guessed


def many_tickets(api, group, customer):
    made = [
        api.ticket.create({"title": f"Flood {RUN} {i}", "group_id": group["id"], "customer_id": customer["id"], "article": {"body": "x"}})
        for i in range(23)
    ]
    listed = to_the_end(api.ticket.all(filters={"per_page": 10}))
    numbers = [ticket["id"] for ticket in listed]
    equal(numbers, sorted(set(numbers)), "ids of all tickets")
    assert {ticket["id"] for ticket in made} <= set(numbers), "tickets are missing on the pages"
    found = to_the_end(api.ticket.search(f"title:(Flood AND {RUN})", filters={"per_page": 5, "sort_by": "id", "order_by": "asc"}))
    equal([one["id"] for one in found], [ticket["id"] for ticket in made], "tickets found on all pages, oldest first")
    first = api.ticket.all(filters={"per_page": 10})
    equal([one["id"] for one in first.next_page().prev_page()], [one["id"] for one in first], "there and back")


def articles(api, ticket):
    made = api.ticket_article.create({
        "ticket_id": ticket["id"], "subject": "With files", "body": "<b>See</b> them", "content_type": "text/html",
        "type": "note", "internal": False,
        "attachments": [
            {"filename": "picture.bin", "data": base64.b64encode(PICTURE).decode(), "mime-type": "application/octet-stream"},
            {"filename": "grüße.txt", "data": base64.b64encode("Grüße".encode()).decode(), "mime-type": "text/plain"},
        ],
    })
    equal([(one["filename"], one["size"]) for one in made["attachments"]],
          [("picture.bin", str(len(PICTURE))), ("grüße.txt", "7")], "attachments")
    contents = [api.ticket_article_attachment.download(one["id"], made["id"], ticket["id"]) for one in made["attachments"]]
    equal(contents, [PICTURE, "Grüße".encode()], "what was downloaded")

    all_of_them = api.ticket.articles(ticket["id"])
    equal([one["subject"] for one in all_of_them if one["subject"]], ["It leaks", "With files"], "subjects of a ticket's articles")
    equal(all_of_them[0]["sender"], "Agent", "expanded sender")
    equal(api.ticket_article.find(made["id"])["body"], "<b>See</b> them", "body of an article")
    equal(api.ticket_article.update(made["id"], {"internal": True})["internal"], True, "an article made internal")
    refused(lambda: api.ticket_article_attachment.download(999_999_999, made["id"], ticket["id"]), "error")
    refused(lambda: api.ticket_article.create({"ticket_id": 999_999_999, "body": "x"}), "error")
    equal(api.ticket_article_plain.find(made["id"]), b"", "raw mail of an article that was no mail")


def tags(api, ticket):
    api.ticket_tag.add(ticket["id"], f"tag-{RUN}")
    api.ticket_tag.add(ticket["id"], "kitchen")
    equal(sorted(api.ticket.tags(ticket["id"])["tags"]), sorted(["kitchen", f"tag-{RUN}"]), "tags")
    equal([one["id"] for one in api.ticket.search(f"tags:tag-{RUN}")], [ticket["id"]], "tickets with a tag")
    api.ticket_tag.remove(ticket["id"], "kitchen")
    equal(api.ticket.tags(ticket["id"])["tags"], [f"tag-{RUN}"], "tags after one was removed")

    entry = next(one for one in api.taglist.all() if one["name"] == f"tag-{RUN}")
    equal(entry["count"], 1, "uses of a tag")
    api.taglist.update(entry["id"], {"name": f"renamed-{RUN}"})
    equal(api.ticket.tags(ticket["id"])["tags"], [f"renamed-{RUN}"], "tags after one was renamed")
    api.taglist.destroy(entry["id"])
    equal(api.ticket.tags(ticket["id"])["tags"], [], "tags after theirs was deleted")


def links(api, kettle, teapot):
    api.link.add(kettle["id"], teapot["number"], link_type="parent")
    linked = api.link.get(kettle["id"])
    equal([(one["link_type"], one["link_object_value"]) for one in linked["links"]], [("parent", teapot["id"])], "links")
    equal(linked["assets"]["Ticket"][str(teapot["id"])]["number"], teapot["number"], "assets of a link")
    api.link.remove(kettle["id"], teapot["id"], link_type="parent")
    equal(api.link.get(kettle["id"])["links"], [], "links after theirs was removed")


def on_behalf(api, customer, group):
    """Both spellings of acting for somebody else: by login and by email, by header and by its old name."""
    spellings = [
        ZammadAPI(URL, username=LOGIN, password=PASSWORD, on_behalf_of=customer["login"]),
        ZammadAPI(URL, username=LOGIN, password=PASSWORD, additional_headers=[("From", customer["email"])]),
        ZammadAPI(URL, username=LOGIN, password=PASSWORD, additional_headers=[("From", str(customer["id"]))]),
    ]
    for acting in spellings:
        equal(acting.user.me()["id"], customer["id"], "me, acting for a customer")
        ticket = acting.ticket.create({"title": f"For {RUN}", "group": group["name"], "article": {"body": "written for me"}})
        equal((ticket["customer_id"], ticket["created_by_id"]), (customer["id"], customer["id"]), "customer and creator")
        equal(acting.ticket.articles(ticket["id"])[0]["sender"], "Customer", "sender of what is written for a customer")
        refused(lambda acting=acting: acting.group.create({"name": "not mine"}), "error")
    with spellings[0].request_on_behalf_of(LOGIN) as other:
        equal(other.user.me()["login"], LOGIN, "me, acting for somebody else for a while")
    equal(spellings[0].user.me()["id"], customer["id"], "me, after acting for somebody else")
    nobody = ZammadAPI(URL, username=LOGIN, password=PASSWORD, on_behalf_of="nobody@example.net")
    refused(nobody.user.me, "No such user 'nobody@example.net'")


def notifications(api, kettle):
    """Somebody is mentioned, and marks all that they were told as read."""
    login, password = f"agent-{RUN}@example.net", "Agent-Pass-1"
    agent = api.user.create({"firstname": "Ann", "lastname": "Agent", "email": login, "password": password, "roles": ["Agent"],
                             "group_ids": {str(kettle["group_id"]): ["full"]}})
    theirs = ZammadAPI(URL, username=login, password=password)
    api.ticket_article.create({
        "ticket_id": kettle["id"], "content_type": "text/html", "internal": True,
        "body": f'<a href="{URL}#user/profile/{agent["id"]}" data-mention-user-id="{agent["id"]}">Ann</a>, look',
    })
    mentions = api.session.get(URL + "mentions", params={"mentionable_type": "Ticket", "mentionable_id": kettle["id"]}).json()
    equal([one["user_id"] for one in mentions["mentions"]], [agent["id"]], "mentions")
    told = OnlineNotification(connection=theirs)
    known = [one["id"] for one in sooner_or_later(told.all, "notifications of somebody who is mentioned")]
    told.mark_all_read()
    seen = {one["id"]: one["seen"] for one in told.all()}
    equal([seen[id] for id in known], [True] * len(known), "notifications seen after all were marked")


def attributes(api, kettle):
    objects = Object(connection=api)
    name = f"color_{RUN}"
    made = objects.create({
        "object": "Ticket", "name": name, "display": "Color", "active": True, "position": 900, "data_type": "input",
        "data_option": {"type": "text", "maxlength": 120, "default": "", "null": True}, "screens": {},
    })
    objects.execute_migrations()
    equal(objects.find(made["id"])["name"], name, "name of an attribute")
    api.ticket.update(kettle["id"], {name: "green"})
    equal(api.ticket.find(kettle["id"])[name], "green", "value of an attribute of one's own")
    equal([one["id"] for one in api.ticket.search(f"{name}:green")], [kettle["id"]], "tickets found by it")


def merge(api, kettle, teapot):
    equal(api.ticket.merge(teapot["id"], kettle["number"])["result"], "success", "merging")
    equal(api.ticket.search(f"number:{teapot['number']}")[0]["state"], "merged", "state of the merged ticket")
    bodies = [one["body"] for one in api.ticket.articles(kettle["id"])]
    assert "Hello" in bodies, f"the merged ticket's article is missing in {bodies}"


def strangers():
    for api in (ZammadAPI(URL, username=LOGIN, password="wrong"), ZammadAPI(URL, http_token="wrong")):
        refused(api.user.me, "error")


def main():
    api = ZammadAPI(URL, username=LOGIN, password=PASSWORD)
    token = api.session.post(URL + "user_access_token", json={"name": RUN, "permission": ["admin", "ticket.agent"]}).json()["token"]
    people = everybody(api)
    organizations(api, people)
    group = groups(api)
    dictionaries(api)
    api = ZammadAPI(URL, http_token=token)  # from here on as programs sign in
    kettle, teapot = tickets(api, group, people[2])
    many_tickets(api, group, people[3])
    articles(api, kettle)
    tags(api, kettle)
    links(api, kettle, teapot)
    on_behalf(api, people[4], group)
    notifications(api, kettle)
    attributes(api, kettle)
    merge(api, kettle, teapot)
    api.ticket.destroy(kettle["id"])
    refused(lambda: api.ticket.find(kettle["id"]), "Couldn't find Ticket")
    strangers()


main()
