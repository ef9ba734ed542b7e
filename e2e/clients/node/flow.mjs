// The main flows of zammad-ts-api against a running Postroom. The client checks every answer against
// its own schema of the API and throws at the first field that is missing or has another type.
//
// URL, LOGIN and PASSWORD come from the environment.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ZammadClient } from "zammad-ts-api";

const { URL: url, LOGIN: login, PASSWORD: password } = process.env;
const run = randomUUID().slice(0, 8); // makes names unique, so that the flow can run twice on one installation
console.log = () => {}; // the client prints each update

const api = new ZammadClient(url, { username: login, password });

/** Acts for somebody else: the client has no option for that, its users set the header. */
function onBehalfOf(who, header) {
  const acting = new ZammadClient(url, { username: login, password });
  acting.httpClient.defaults.headers.common[header] = who;
  return acting;
}

/** Expects the promise to be refused with this status and this text in the body's error. */
async function refused(promise, status, text) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.response?.status, status, String(error));
    assert.ok(error.response.data.error.includes(text), `refused with ${JSON.stringify(error.response.data)}, want ${text}`);
    return true;
  });
}

/** Reads page after page until one is not full. */
async function toTheEnd(list, size) {
  const found = [];
  for (let page = 1; ; page++) {
    const records = await list({ page, per_page: size });
    found.push(...records);
    if (records.length < size) return found;
  }
}

async function people() {
  const me = await api.user.getMe();
  assert.equal(me.login, login);
  assert.ok((await api.user.getMe({ expand: true })).roles.includes("Admin"));

  const made = [];
  for (let i = 0; i < 12; i++) {
    made.push(await api.user.create({
      firstname: "Ulla", lastname: `Nutzer${run}`, email: `ulla-${run}-${i}@example.net`, roles: ["Customer"],
    }));
  }
  const ids = made.map((user) => user.id);
  assert.equal((await api.user.getById(ids[0])).email, made[0].email);
  assert.deepEqual((await api.user.getById(ids[0], { expand: true })).roles, ["Customer"]);

  const everybody = await toTheEnd((paging) => api.user.getAll({ expand: true, ...paging }), 5);
  const listed = new Set(everybody.map((user) => user.id));
  assert.equal(listed.size, everybody.length, "somebody is on two pages");
  assert.ok(ids.every((id) => listed.has(id)), "somebody is on no page");

  const found = await toTheEnd((paging) => api.user.search({ query: `Nutzer${run}`, ...paging }), 5);
  assert.deepEqual(found.map((user) => user.id).sort(), [...ids].sort());
  assert.equal((await api.user.search({ query: made[3].email, expand: true }))[0].login, made[3].login);

  // The whole record goes back with one thing changed.
  const changed = await api.user.update(ids[0], { ...(await api.user.getById(ids[0])), city: "Köln" });
  assert.equal(changed.city, "Köln");
  assert.deepEqual(changed.role_ids, made[0].role_ids);

  await refused(api.user.create({ email: made[0].email }), 422, "is already used for another user.");
  await api.user.delete(ids[11]);
  await refused(api.httpClient.get(`/users/${ids[11]}`), 404, "Couldn't find User");
  return made;
}

async function tickets(customer) {
  const made = await api.ticket.create({
    title: `Kessel ${run}`, group: "Users", customer: customer.email,
    article: { subject: "Kaputt", body: "Er leckt <überall>", type: "note", internal: false },
  });
  assert.equal(made.customer_id, customer.id);
  const shown = await api.ticket.getById(made.id, { expand: true });
  assert.deepEqual([shown.state, shown.priority, shown.group, shown.customer], ["new", "2 normal", "Users", customer.email]);
  assert.equal(shown.article_ids.length, 1);

  const states = await api.state.getAll();
  const open = states.find((state) => state.name === "open");
  assert.equal((await api.state.getById(open.id)).name, "open");
  const whole = await api.ticket.getById(made.id);
  const changed = await api.ticket.update(made.id, { ...whole, title: `Kessel undicht ${run}`, state_id: open.id });
  assert.deepEqual([changed.title, changed.state_id, changed.number], [`Kessel undicht ${run}`, open.id, made.number]);

  // api.ticket.search knows the answer of versions before 6.5 only, and fails with every newer one.
  const found = await api.httpClient.get("/tickets/search", { params: { query: `undicht ${run}`, expand: true } });
  assert.deepEqual(found.data.map((one) => [one.id, one.state, one.customer]), [[made.id, "open", customer.email]]);

  await refused(api.ticket.create({ title: "x", group: "No such group", customer: customer.email }), 422, "No lookup value found for 'group'");
  await refused(api.httpClient.get("/tickets/999999999"), 404, "Couldn't find Ticket with 'id'=999999999");
  return made;
}

async function manyTickets(customer) {
  const made = [];
  for (let i = 0; i < 12; i++) {
    made.push(await api.ticket.create({ title: `Flut ${run} ${i}`, group: "Users", customer_id: customer.id, article: { body: "x" } }));
  }
  const all = await toTheEnd((paging) => api.ticket.getAll({ expand: true, ...paging }), 5);
  const listed = all.map((ticket) => ticket.id);
  assert.equal(new Set(listed).size, listed.length, "a ticket is on two pages");
  assert.ok(made.every((ticket) => listed.includes(ticket.id)), "a ticket is on no page");
}

async function articles(ticket) {
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, i) => i % 256));
  const made = await api.article.create({
    ticket_id: ticket.id, subject: "Bild", body: "siehe <b>Anhang</b>", content_type: "text/html", type: "note", internal: false,
    attachments: [{ filename: "bild.bin", data: bytes.toString("base64"), "mime-type": "application/octet-stream" }],
  });
  assert.deepEqual(made.attachments.map((file) => [file.filename, file.size]), [["bild.bin", "4096"]]);
  const file = await api.httpClient.get(`/ticket_attachment/${ticket.id}/${made.id}/${made.attachments[0].id}`, { responseType: "arraybuffer" });
  assert.ok(bytes.equals(Buffer.from(file.data)), "an attachment came back changed");

  const all = await api.article.getByTicketId(ticket.id, { expand: true });
  assert.deepEqual(all.map((article) => article.subject), ["Kaputt", "Bild"]);
  assert.deepEqual([all[0].sender, all[0].type, all[0].created_by], ["Agent", "note", login]);
  assert.equal((await api.article.getById(made.id, { expand: true })).body, "siehe <b>Anhang</b>");
  await refused(api.article.create({ ticket_id: 999999999, body: "x" }), 404, "Couldn't find Ticket");
}

async function onBehalf(customer) {
  for (const acting of [onBehalfOf(customer.login, "From"), onBehalfOf(String(customer.id), "X-On-Behalf-Of")]) {
    // Not acting.user.getMe: customers don't see all that the client's schema of a user wants.
    assert.equal((await acting.httpClient.get("/users/me")).data.id, customer.id);
    const ticket = await acting.ticket.create({ title: `Selbst ${run}`, group: "Users", article: { body: "von mir" } });
    assert.equal(ticket.created_by_id, customer.id);
    const [written] = await acting.article.getByTicketId(ticket.id, { expand: true });
    assert.deepEqual([written.sender, written.created_by], ["Customer", customer.login]);
    assert.deepEqual((await acting.ticket.getAll()).map((one) => one.customer_id).filter((id) => id !== customer.id), []);
  }
  await refused(onBehalfOf("nobody@example.net", "From").user.getMe(), 403, "No such user 'nobody@example.net'");
}

async function overviews() {
  const all = await api.ticketOverview.getAll();
  assert.ok(all.length > 3, `${all.length} overviews`);
  for (const overview of all) {
    const tickets = await api.ticketOverview.getByLink(overview.link);
    assert.equal(typeof tickets.assets, "object", overview.link);
  }
}

async function strangers() {
  await refused(new ZammadClient(url, { username: login, password: "wrong" }).user.getMe(), 401, "Invalid BasicAuth credentials");
  await refused(new ZammadClient(url, {}).user.getMe(), 403, "Authentication required");
}

const [first, second, third] = await people();
const ticket = await tickets(first);
await manyTickets(second);
await articles(ticket);
await onBehalf(third);
await overviews();
await api.ticket.delete(ticket.id);
await refused(api.httpClient.get(`/tickets/${ticket.id}`), 404, "Couldn't find Ticket");
await strangers();
