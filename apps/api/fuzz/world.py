"""One of every thing that calls can be about, made over HTTP for whoever is about to call."""

import datetime
import time
import urllib.error
import urllib.request

from media import Media

MONEY = {"amount": 1000, "currency": "EUR"}
FREE = {"amount": 0, "currency": "EUR"}


def hours(number):
    """An instant so many hours from now."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=number)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """What there is, by kind: `things` are ids, `bodies` are what a call is asked with, by method and path; `forms` are the
    same for calls that take no JSON: the type of their body, and the body."""

    def __init__(self, program, admin, token, address):
        self.program, self.admin, self.token, self.address = program, admin, token, address
        self.things, self.bodies, self.forms = {}, {}, {}
        organisations = self.ask("GET", "/admin/organisations")["items"]
        # The first: later ones were made up, or are made here to be removed.
        self.organisation = organisations[0]["id"]
        self.add("organisations", self.organisation)
        self.add("door", "page.mjs")
        bare = lambda: self.ask("POST", "/admin/organisations", {"name": "Bare"})["id"]
        self.add("bare organisations", bare(), bare())
        self.asked("PATCH", "/admin/organisations/{id}", {"name": "House"})
        self.asked("PUT", "/admin/maintenance", {"read_only": False})
        self.people()
        self.called()
        self.events()
        self.shop()
        self.mailed()
        self.announced()
        if token:
            self.own()
        self.sold()
        Media(self)

    def ask(self, method, path, body=None, token=None):
        return self.program.ask(method, path, body, token or self.admin)

    def send(self, path, content_type, body):
        """As `ask`, as the admin, with a body that is no JSON."""
        return self.program.send("POST", path, content_type, body, self.admin)

    def form(self, path, content_type, body):
        self.forms[f"POST /api/v1{path}"] = content_type, body

    def mine(self, method, path, body=None):
        return self.ask(method, path, body, self.token)

    def add(self, kind, *ids):
        self.things.setdefault(kind, []).extend(ids)

    def asked(self, method, path, body):
        self.bodies[f"{method} /api/v1{path}"] = body

    def event(self, title, **more):
        return {"organisation_id": self.organisation, "title": title, "starts_at": hours(240), "ends_at": hours(246),
                "doors_at": hours(-1), "timezone": "Europe/Berlin", "currency": "EUR",
                "location": {"area": "Harbour", "address": "Quay 7"}, **more}

    def kind_of_ticket(self, event, price, quantity, **more):
        body = {"name": "Entry", "price": price, "quantity": quantity, "max_per_user": min(quantity, 100), **more}
        return self.ask("POST", f"/admin/events/{event}/ticket-types", body)["id"]

    def published(self, title, *kinds):
        event = self.ask("POST", "/admin/events", self.event(title))["id"]
        ids = [self.kind_of_ticket(event, price, quantity) for price, quantity in kinds]
        self.ask("POST", f"/admin/events/{event}/publish", {})
        return event, ids

    def events(self):
        """Halls, events in every state, and what belongs to them."""
        halls = [self.ask("POST", "/admin/venue-templates", {"organisation_id": self.organisation, "name": "Hall"})["id"]
                 for _ in range(3)]
        section = {"name": "Stalls", "row_start": "A", "row_end": "B", "seats_per_row": 20, "price_multiplier": 1}
        self.ask("POST", f"/admin/venue-templates/{halls[0]}/sections", section)
        self.add("venue-templates", *halls)
        self.seated = self.ask("POST", "/admin/events", self.event("Seated", venue_template_id=halls[0], base_price=FREE))["id"]
        self.ask("POST", f"/admin/events/{self.seated}/publish", {})
        seats = self.ask("GET", f"/events/{self.seated}/seats")["items"]
        self.add("seats", *[seat["id"] for seat in seats[:5]])
        self.add("sections", seats[0]["section_id"])
        self.add("seated", self.seated)
        self.night, (self.free, self.paid) = self.published("A night", (FREE, 500), (MONEY, 500))
        self.full, self.full_kinds = self.published("Full", (FREE, 1))
        self.second, second_kinds = self.published("Full as well", (FREE, 1))
        self.draft = self.ask("POST", "/admin/events", self.event("A draft"))["id"]
        spare = self.kind_of_ticket(self.draft, FREE, 10)
        drafts = [self.ask("POST", "/admin/events", self.event("Another"))["id"] for _ in range(2)]
        self.add("events", self.night, self.draft, *drafts, self.seated, self.full)
        self.add("ticket-types", self.free, self.paid, spare)
        self.add("drafts", self.draft, *drafts)
        quota = lambda: self.ask("POST", f"/admin/events/{self.draft}/quotas", {"name": "Hall", "quantity": 50})["id"]
        self.add("quotas", quota(), quota())
        voucher = lambda body: self.ask("POST", f"/admin/events/{self.night}/vouchers", body)["items"][0]
        made = [voucher({"percent": 10}) for _ in range(2)]
        self.add("vouchers", *[one["id"] for one in made])
        self.add("voucher-codes", made[0]["code"])
        self.add("ending", *[self.published("To be called off", (FREE, 5))[0] for _ in range(2)])
        gone, _ = self.published("Called off", (FREE, 5))
        self.add("jobs", self.ask("POST", f"/admin/events/{gone}/cancel", {})["job_id"])
        for event, kinds in [(self.full, self.full_kinds), (self.second, second_kinds)]:
            self.book(event, kinds[0], self.buyer)
        self.asked("POST", "/admin/events", self.event("Made up"))
        self.asked("PUT", "/admin/events/{id}", self.event("Made up"))
        self.asked("POST", "/admin/venue-templates", {"organisation_id": self.organisation, "name": "Hall"})
        self.asked("PUT", "/admin/venue-templates/{id}", {"name": "Hall"})
        self.asked("POST", "/admin/venue-templates/{id}/sections", {**section, "name": "Circle"})
        self.asked("PUT", "/admin/events/{id}/seats", {"seats": [{"id": seats[1]["id"], "accessible": True}]})
        self.asked("POST", "/admin/events/{id}/ticket-types", {"name": "Late", "price": FREE, "quantity": 5})
        self.asked("PUT", "/admin/ticket-types/{id}", {"name": "Entry", "price": MONEY, "quantity": 600, "max_per_user": 100})
        self.asked("POST", "/admin/events/{id}/duplicate", {"title": "Again"})
        self.asked("PUT", "/admin/quotas/{id}", {"name": "Hall", "quantity": 60})
        self.asked("POST", "/admin/events/{id}/vouchers", {"percent": 10})
        self.asked("PUT", "/admin/vouchers/{id}", {"percent": 20})
        tiers = [{"until_hours_before": 48, "fee_percent": 10}]
        self.asked("POST", "/admin/events/{id}/cancellation-policy", {"refundable": True, "tiers": tiers})

    def elsewhere(self, price=FREE):
        """An event of its own: nobody has many open holds and unpaid bookings of one."""
        event, kinds = self.published("Elsewhere", (price, 5))
        return event, kinds[0]

    def hold(self, event, kind, token):
        items = [{"ticket_type_id": kind, "quantity": 1}]
        return self.ask("POST", "/seats/hold", {"event_id": event, "items": items}, token)["hold_id"]

    def book(self, event, kind, token, provider="free"):
        body = {"hold_id": self.hold(event, kind, token), "payment": {"provider": provider}}
        return self.ask("POST", "/bookings/confirm", body, token)

    def press(self, booking, button):
        """A button of a checkout page."""
        url = booking["payment"]["checkout_url"]
        urllib.request.urlopen(urllib.request.Request(f"{url}/{button}", method="POST"), timeout=60).close()

    def until(self, what, look):
        """What is true in a moment, because the program works on it."""
        for _ in range(300):
            found = look()
            if found:
                return found
            time.sleep(0.1)
        raise RuntimeError(f"{what} did not happen")

    def buy(self, token):
        booking = self.book(self.night, self.paid, token, "stripe")
        self.press(booking, "pay")
        path = f"/bookings/{booking['id']}"
        seen = lambda: self.ask("GET", path, token=token)
        paid = self.until("payment", lambda: next((it for it in [seen()] if it["status"] == "confirmed"), None))
        return booking, paid

    def shop(self):
        """Money that went all ways."""
        billing = {"name": "House", "address": "Street 1\n10115 Berlin", "iban": "DE89370400440532013000"}
        self.ask("PUT", f"/admin/organisations/{self.organisation}/billing", billing)
        self.asked("PUT", "/admin/organisations/{id}/billing", billing)
        buyer = self.buyer
        booking, paid = self.buy(buyer)
        self.press(booking, "dispute?amount=1000")
        self.add("bookings", paid["id"])
        self.add("payments", paid["payment"]["id"])
        path = f"/admin/bookings/{paid['id']}"
        disputes = self.until("dispute", lambda: self.ask("GET", path)["disputes"])
        self.add("disputes", disputes[0]["id"])
        cases = self.ask("GET", "/admin/payments/incidents?status=open")["items"]
        self.add("incidents", *[case["id"] for case in cases[:2]])
        documents = self.until("an invoice", lambda: self.ask("GET", "/admin/documents")["items"])
        self.add("documents", *[one["id"] for one in documents[:2]])
        # Paid by hand and sent back by hand; and one that waits for it.
        by_hand = self.book(self.night, self.paid, buyer, "bank_transfer")["id"]
        self.ask("POST", f"/admin/bookings/{by_hand}/mark-paid", {"provider": "bank_transfer"})
        sent = self.ask("POST", f"/admin/bookings/{by_hand}/refund", {"reason": "rain"})
        self.add("refunds", sent["refunds"][0]["id"])
        self.add("awaiting", self.book(*self.elsewhere(MONEY), buyer, "bank_transfer")["id"])
        asked = self.book(self.night, self.free, buyer)["id"]
        self.add("free bookings", self.book(self.night, self.free, buyer)["id"])
        self.ask("POST", f"/bookings/{asked}/request-cancel", {}, buyer)
        self.add("asked", asked)
        self.asked("POST", "/admin/bookings/{id}/refund", {"reason": "rain"})
        self.asked("POST", "/admin/bookings/{id}/mark-paid", {"provider": "cash"})
        self.asked("POST", "/admin/bookings/{id}/cancellation-request", {"decision": "refuse"})
        self.asked("POST", "/admin/payments/incidents/{id}/resolve", {"resolution": "nothing", "note": "seen"})
        self.asked("POST", "/admin/documents/{id}/cancel", {"reason": "wrong", "replace": True})
        self.asked("POST", "/admin/jobs/retry", {"state": "parked"})
        day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).strftime("%Y-%m-%d")
        self.ask("POST", f"/admin/daily-close/{day}", {})
        self.add("daily-close", day)

    def people(self):
        """Accounts, and what is given to them."""
        code = self.ask("POST", "/admin/invites", {"max_uses": 2})["items"][0]
        self.add("invites", code["id"], self.ask("POST", "/admin/invites", {})["items"][0]["id"])
        self.add("codes", code["code"])
        newcomers = []
        for number in range(2):
            body = {"invite_code": code["code"], "email": f"newcomer-{time.time_ns()}-{number}@example.org",
                    "password": self.program.password, "first_name": "New", "last_name": "Comer"}
            session = self.program.ask("POST", "/auth/register", body)
            newcomers.append(session["user"]["id"])
            # The second one buys; those who call may have ended their accounts.
            self.buyer, self.friend = session["access_token"], body["email"]
        self.add("users", *newcomers)
        self.add("members", newcomers[0])
        path = f"/admin/organisations/{self.organisation}/members"
        self.ask("POST", path, {"account_id": newcomers[0], "role": "door"})
        self.asked("POST", "/admin/organisations/{id}/members", {"account_id": newcomers[1], "role": "door"})
        self.asked("PATCH", "/admin/users/{id}", {"status": "active"})
        self.asked("PUT", "/admin/users/{id}/invite-budget", {"budget": 3})

    def called(self):
        """Addresses that are called, of a house of their own, which may have few; and a call that nobody took well."""
        house = self.ask("POST", "/admin/organisations", {"name": "Called"})["id"]
        body = {"url": f"{self.program.url}/health/live", "description": "Ourselves", "events": ["booking.confirmed"]}
        hooks = [self.ask("POST", f"/admin/organisations/{house}/hooks", body)["id"] for _ in range(2)]
        self.ask("POST", f"/admin/hooks/{hooks[0]}/test", {})
        calls = f"/admin/hooks/{hooks[0]}/calls?state=failed"
        made = self.until("a call", lambda: self.ask("GET", calls)["items"])
        self.add("calling", house)
        self.add("hooks", *hooks)
        self.add("hook-calls", made[0]["id"])
        self.asked("POST", "/admin/organisations/{id}/hooks", body)
        self.asked("PUT", "/admin/hooks/{id}", body)

    def mailed(self):
        """Mails with files, which a payment has caused."""
        attached = lambda: [mail["id"] for mail in self.ask("GET", "/admin/mail?limit=100")["items"]
                            if mail.get("attachments")]
        self.add("mail", *self.until("a mail with files", attached)[:2])
        self.add("places", "0")
        self.add("templates", "tickets", "invite")
        self.asked("POST", "/admin/mail/test", {"template": "tickets", "language": "de"})

    def announced(self):
        """What is said to many: drafts, one that waits for its time, and a link to leave the list."""
        body = {"audience": {"kind": "members"}, "texts": {"en": {"subject": "Doors", "body": "They open earlier."}}}
        draft = lambda: self.ask("POST", "/admin/announcements", body)["id"]
        self.add("announcements", draft(), draft(), draft())
        scheduled = draft()
        self.ask("POST", f"/admin/announcements/{scheduled}/schedule", {"at": hours(300)})
        self.add("scheduled announcements", scheduled)
        self.ask("POST", f"/admin/announcements/{scheduled}/test", {})
        written = self.ask("GET", "/admin/mail?kind=test")["items"][0]["text"]
        self.add("unsubscribe", written.split("/unsubscribe#token=")[1].split()[0])
        self.asked("POST", "/admin/announcements", body)
        self.asked("PATCH", "/admin/announcements/{id}", {"texts": body["texts"]})
        self.asked("PUT", "/users/me/mail-preferences", {"news": True, "events": True})

    def sold(self):
        """What doors and waiting lists are asked."""
        booking = self.book(self.night, self.free, self.admin)
        ticket, code = booking["tickets"][0]["id"], booking["tickets"][0]["code"]
        self.ask("POST", "/tickets/verify", {"code": code})
        self.add("checked", ticket)
        self.add("held", self.night)
        self.add("held tickets", ticket)
        self.asked("POST", "/admin/events/{id}/reachability/{ticket_id}/resend", {"to": "account"})
        self.add("ticket-codes", code)
        self.asked("POST", "/tickets/verify", {"code": code, "dry_run": True})
        scan = {"nonce": f"scan-{time.time_ns()}", "code": code, "at": hours(0), "verdict": "admitted"}
        self.asked("POST", "/admin/events/{id}/check-in/sync", {"scans": [scan]})
        self.asked("POST", "/admin/waitlist/notify/{event_id}", {"count": 1})
        self.asked("PUT", "/admin/waitlist/settings/{event_id}", {"offers": "automatic", "returns_allowed": True})
        self.add("full", self.full)

    def own(self):
        """What is of whoever calls."""
        me = self.mine("GET", "/users/me")["id"]
        self.add("me", me)
        self.ask("PUT", f"/admin/users/{me}/invite-budget", {"budget": 100})
        self.program.login(self.address)
        sessions = self.mine("GET", "/users/me/sessions")["items"]
        self.add("sessions", *[one["id"] for one in sessions if not one["current"]][:2])
        self.add("gifts", self.mine("POST", "/users/me/invites", {})["items"][0]["id"])
        self.asked("POST", "/users/me/invites", {"max_uses": 1})
        self.asked("POST", "/users/me/totp", {"password": self.program.password})
        moved = {"email": f"moved-{time.time_ns()}@example.org", "password": self.program.password}
        self.asked("POST", "/users/me/email", moved)
        feed = self.mine("POST", "/users/me/calendar", {})["url"]
        self.add("calendars", feed.rsplit("/", 1)[1].removesuffix(".ics"))
        self.add("hold", *[self.hold(*self.elsewhere(), self.token) for _ in range(2)])
        booked = [self.book(self.night, self.free, self.token) for _ in range(3)]
        self.add("own bookings", *[one["id"] for one in booked])
        self.add("tickets", booked[0]["tickets"][0]["id"])
        _, paid = self.buy(self.token)
        self.add("own paid", paid["id"])
        self.add("own pending", self.book(*self.elsewhere(MONEY), self.token, "stripe")["id"])
        self.add("giving back", paid["tickets"][0]["id"])
        _, other = self.buy(self.token)
        back = other["tickets"][0]["id"]
        self.mine("POST", f"/tickets/{back}/return", {})
        self.add("given back", back)
        outgoing = self.book(self.night, self.free, self.token)["tickets"][0]["id"]
        self.add("outgoing", self.mine("POST", f"/tickets/{outgoing}/transfer", {"email": self.friend})["id"])
        self.asked("POST", "/tickets/{id}/transfer", {"email": self.friend})
        for kind in ["incoming", "incoming", "unwanted"]:
            ticket = self.book(self.night, self.free, self.buyer)["tickets"][0]["id"]
            body = {"email": self.address}
            self.add(kind, self.ask("POST", f"/tickets/{ticket}/transfer", body, self.buyer)["id"])
        self.mine("POST", "/waitlist", {"event_id": self.full})
        self.asked("POST", "/waitlist", {"event_id": self.second})
        wish = [{"ticket_type_id": self.free, "quantity": 1}]
        self.asked("POST", "/seats/hold", {"event_id": self.night, "items": wish})
        self.asked("POST", "/bookings/confirm", {"hold_id": self.hold(*self.elsewhere(), self.token),
                                                 "payment": {"provider": "free"}})
        self.asked("POST", "/bookings/{id}/pay", {"provider": "stripe"})
        self.asked("POST", "/bookings/{id}/invoice", {"name": "House", "address": "Street 1"})
