"""Runs schemathesis against the served document, once for every kind of person. `./dev fuzz` calls it.

The program serves demo data from a directory of its own, on loopback, on free ports, and once more from a database of its
own where TEST_POSTGRES_URL names a PostgreSQL. For each role somebody logs in, and
schemathesis makes requests up from the document: good ones, and bad ones of every kind it knows. What it accepts as an
answer is what the document says and nothing else, and never a 5xx.

Standard library only; schemathesis is called as a program.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from things import FIELDS, NEVER, named
from world import World

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = ",".join([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
])
# Operations that are not tried: a good answer goes on for ever; apps/api/tests/it/live/ listens to it.
ENDLESS = ["event_stream"]
# They end the session that all other requests are made in, or the account: tried at the end, each in a new session.
LAST = ["logout", "logout_all", "delete_me"]
# After a good request nothing else is answered well: only asked as it is meant, which is to end that.
STOPS_ALL = ["set_maintenance"]
# An access token lives 15 minutes: nothing may run longer with one.
TOKEN_SECONDS = 800
ROLES = ["nobody", "member", "door", "manager", "owner", "admin"]
# Those who together can do everything: they also make each request once as it is meant.
PLAIN = ["member", "admin"]
# What reads comes before what changes, and that before what ends.
METHODS = ["get", "put", "patch", "post", "delete"]


class Wrong(Exception):
    """Why there is nothing to fuzz."""


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it is an answer, and leads elsewhere."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay)


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Program:
    """`synesthesie serve` with demo data, in a file of the directory unless it is given a database."""

    def __init__(self, binary, directory, store=None):
        self.binary, self.directory = binary, directory
        self.log = directory / "log"
        http, stripe, paypal = free_ports(3)
        self.url = f"http://127.0.0.1:{http}"
        mine = {
            "HTTP__BIND": f"127.0.0.1:{http}",
            "STORE__URL": store or f"local:{directory / 'data'}",
            "BANK_TRANSFER__ACCOUNT_HOLDER": "House",
            "BANK_TRANSFER__IBAN": "DE89370400440532013000",
            "PAYMENTS__STRIPE_BIND": f"127.0.0.1:{stripe}",
            "PAYMENTS__PAYPAL_BIND": f"127.0.0.1:{paypal}",
            "LIMITS__ENABLED": "false",
            "AUTH__BCRYPT_COST": "4",
        }
        # What a developer exported for a server of theirs must not reach ours.
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("SYNESTHESIE")}
        self.environment.update({f"SYNESTHESIE__{key}": value for key, value in mine.items()})
        self.process = None

    def __enter__(self):
        run = lambda command: subprocess.run([self.binary, command], cwd=self.directory, env=self.environment,
                                             capture_output=True, text=True, check=False)
        for command in ["migrate", "demo"]:
            ran = run(command)
            if ran.returncode != 0:
                raise Wrong(f"{command}: {ran.stderr}")
        self.demo = ran.stdout
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([self.binary, "serve"], cwd=self.directory, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(600):
            if self.process.poll() is not None:
                raise Wrong(self.log.read_text())
            try:
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise Wrong(f"it is not ready: {self.log.read_text()}")

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def ask(self, method, path, body=None, token=None):
        """A JSON answer; what is refused is a mistake of this script."""
        return self.send(method, path, "application/json", None if body is None else json.dumps(body).encode(), token)

    def send(self, method, path, content_type, data, token=None):
        """The same for a body that is whatever it says."""
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        request.add_header("content-type", content_type)
        if token:
            request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, data, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            raise Wrong(f"{method} {path}: {refused.code} {refused.read().decode()}") from refused

    def cast(self):
        """Everybody's address, by role; all have the demo's password."""
        logins = re.findall(r"^  (\w+) +(\S+@\S+) +(.+)$", self.demo, re.MULTILINE)
        self.password = logins[0][2].strip()
        addresses = {}
        for role, address, _ in logins:
            addresses.setdefault({"organiser": "owner"}.get(role, role), address)
        code = re.search(r"invite, often +(\S+)", self.demo).group(1)
        manager = {"invite_code": code, "email": "manager@example.org", "password": self.password,
                   "first_name": "Man", "last_name": "Ager"}
        account = self.ask("POST", "/auth/register", manager)["user"]["id"]
        addresses["manager"] = manager["email"]
        admin = self.login(addresses["admin"])
        organisation = self.ask("GET", "/admin/organisations", token=admin)["items"][0]["id"]
        self.ask("POST", f"/admin/organisations/{organisation}/members",
                 {"account_id": account, "role": "manager"}, admin)
        self.confirm(addresses, admin)
        self.addresses = addresses
        return addresses

    def confirm(self, addresses, admin):
        """Everybody reads mail at their address: tickets are offered to nobody else."""
        for address in addresses.values():
            token = self.login(address)
            if self.ask("GET", "/users/me", token=token)["email_verified"]:
                continue
            for _ in range(300):
                mails = self.ask("GET", "/admin/mail?limit=100", token=admin)["items"]
                texts = [json.dumps(mail) for mail in mails if mail["to"] == address]
                links = [found for text in texts for found in re.findall(r"verify-email[^\"\s]*token=([\w.~-]+)", text)]
                if links:
                    self.ask("POST", "/auth/verify-email", {"token": links[0]})
                    break
                time.sleep(0.1)
            else:
                raise Wrong(f"nobody wrote to {address}: nothing can be handed on to them")

    def login(self, address):
        """A fresh access token."""
        return self.ask("POST", "/auth/login", {"email": address, "password": self.password})["access_token"]

    def document(self, world):
        """The served document, with ids of things that are there, and bodies that name them, as examples."""
        with urllib.request.urlopen(f"{self.url}/openapi.json", timeout=60) as answer:
            document = json.load(answer)
        things = world.things
        for path, item in document["paths"].items():
            for method, operation in item.items():
                names = named(method, path)
                for parameter in operation.get("parameters", []):
                    ids = things.get(names.get(parameter["name"]))
                    if parameter["in"] == "path" and ids:
                        parameter["examples"] = {f"{place}": {"value": one} for place, one in enumerate(ids[:2])}
                body = world.bodies.get(f"{method.upper()} {path}")
                if body:
                    operation["requestBody"]["content"]["application/json"]["example"] = body
        for schema in document["components"]["schemas"].values():
            for name, field in schema.get("properties", {}).items():
                ids = things.get(FIELDS.get(name))
                if ids:
                    field["examples"] = [ids[:1]] if "array" in str(field.get("type")) else ids[:3]
        return document

    def answered_well(self, document):
        """Every call of the document that was answered with what it is for at least once, and all of them."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        counted = re.findall(r'_count\{method="(\w+)",route="([^"]+)",status="(\d+)"\}', text)
        known = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
        # What a parameter may hold is said where calls are counted, and not in the document.
        plain = lambda route: re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route)
        return {(method, plain(route)) for method, route, status in counted if status < "400"} & known, known


def plainly(program, world, token):
    """One request for each call as it is meant, without anything that may be left out; whether all were answered."""
    good, answers = True, []
    with urllib.request.urlopen(f"{program.url}/openapi.json", timeout=60) as answer:
        paths = json.load(answer)["paths"]
    calls = [(method, path) for path, item in paths.items() for method in item
             if item[method]["operationId"] not in ENDLESS + LAST]
    for method, path in sorted(calls, key=lambda call: METHODS.index(call[0])):
        ids = {name: world.things.get(of) or ["nothing"] for name, of in named(method, path).items()}
        # What ends takes the last of them, which others do not need.
        place = -1 if method == "delete" else 0
        url = program.url + path.format(**{name: some[place] for name, some in ids.items()})
        call = f"{method.upper()} {path}"
        body = world.bodies.get(call)
        as_json = "application/json", None if body is None else json.dumps(body).encode()
        content_type, data = world.forms.get(call, as_json)
        request = urllib.request.Request(url, data, method=method.upper())
        request.add_header("authorization", f"Bearer {token}")
        request.add_header("content-type", content_type)
        try:
            with OPENER.open(request, timeout=60) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
        answers.append(status)
        if status >= 500:
            print(f"fuzz: {method.upper()} {path}: FOUND SOMETHING: {status}")
            good = False
    print(f"fuzz: each call once as it is meant: {sum(status < 400 for status in answers)} of {len(answers)} answered")
    return good


def schemathesis(tool, program, options, role, token, operations, examples):
    """One run; whether it found nothing."""
    command = [tool, "run", "openapi.json", "--url", program.url, "--checks", CHECKS, "--seed", str(options.seed),
               "--phases", options.phases, "--max-examples", str(examples),
               "--request-timeout", "30",
               "--suppress-health-check", "all", "--generation-database", "none", "--no-color",
               "--warnings", "off", "--continue-on-failure", "--max-redirects", "0"]
    for operation in operations:
        command += ["--include-operation-id", operation]
    if not operations:
        for operation in ENDLESS + LAST + STOPS_ALL:
            command += ["--exclude-operation-id", operation]
    if options.only:
        command += ["--include-path-regex", options.only]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1",
                   "SYNESTHESIE_THINGS": str(program.directory / "things.json")}
    since = time.monotonic()
    ran = subprocess.run(command, cwd=program.directory, env=environment, capture_output=True, text=True, check=False)
    took = time.monotonic() - since
    if took > TOKEN_SECONDS:
        raise Wrong(f"{took:.0f} s are longer than a token lives: fewer --examples, or --only some paths")
    made = re.search(r"(\d+) generated", ran.stdout)
    cases = made.group(1) if made else "?"
    what = " ".join(operations) or "everything"
    good = ran.returncode == 0
    print(f"fuzz: {role}: {what}: {cases} requests in {took:.0f} s: "
          f"{'nothing found' if good else 'FOUND SOMETHING'}", flush=True)
    if not good:
        print(ran.stdout[-60_000:], ran.stderr[-5_000:], flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--examples", type=int, default=20, help="requests made up for each operation (20)")
    parser.add_argument("--seed", type=int, default=1, help="another one makes up other requests (1)")
    parser.add_argument("--roles", default=",".join(ROLES), help=f"of {','.join(ROLES)}")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="of schemathesis")
    parser.add_argument("--short", action="store_true", help="a short look: one made-up request for each call")
    parser.add_argument("--only", help="paths that match this")
    options = parser.parse_args()
    if options.short:
        options.examples, options.phases = 1, "examples,coverage,fuzzing"
    tool = shutil.which("schemathesis", path=str(pathlib.Path(sys.executable).parent))
    if not tool:
        raise Wrong("schemathesis is not installed beside this Python")
    stores = [None]
    server = os.environ.get("TEST_POSTGRES_URL")
    if server:
        stores.append(database(server))
    roles = options.roles.split(",")
    if not set(roles) <= set(ROLES):
        raise Wrong(f"--roles are of {', '.join(ROLES)}")
    good, well, known = True, set(), set()
    for place, store in enumerate(stores):
        name = "PostgreSQL" if store else "the local store"
        print(f"fuzz: on {name}", flush=True)
        # Everybody everywhere takes long: a short look has each of them somewhere.
        some = roles[place::len(stores)] if options.short else roles
        found_nothing, answered, known = everybody(options, tool, store, some)
        good &= found_nothing
        well |= answered
    print(f"fuzz: {len(well)} of {len(known)} calls were answered with what they are for")
    never, known, well = [{f"{method} {route}" for method, route in some} for some in (known - well, known, well)]
    if not options.only and set(roles) == set(ROLES):
        for wrong, what in [(never - NEVER.keys(), "never, and no reason is known"),
                            (NEVER.keys() & well, "answered well, and said to be never"),
                            (NEVER.keys() - known, "no calls any more")]:
            if wrong:
                print(f"fuzz: {what}: FOUND SOMETHING: {', '.join(sorted(wrong))}")
                good = False
    return 0 if good else 1


def database(server):
    """A new database beside the one that is named; `with-servers` ends the whole server afterwards."""
    name = f"fuzz_{os.getpid()}"
    psql = ["psql", "--no-psqlrc", "--quiet", server, "--command", f"CREATE DATABASE {name}"]
    made = subprocess.run(psql, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Wrong(f"psql: {made.stderr}")
    parts = urllib.parse.urlsplit(server)
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def everybody(options, tool, store, roles):
    """All runs on one store: whether they found nothing, which calls were answered well, and which there are."""
    good = True
    with tempfile.TemporaryDirectory(prefix="synesthesie-fuzz-") as directory, \
            Program(options.binary.resolve(), pathlib.Path(directory), store) as program:
        addresses = program.cast()
        for role in roles:
            token = program.login(addresses[role]) if role != "nobody" else None
            if role in PLAIN:
                good &= plainly(program, World(program, program.login(addresses["admin"]), token, addresses[role]), token)
            world = World(program, program.login(addresses["admin"]), token, addresses.get(role))
            (program.directory / "things.json").write_text(json.dumps(world.things))
            document = program.document(world)
            (program.directory / "openapi.json").write_text(json.dumps(document))
            good &= schemathesis(tool, program, options, role, token, [], options.examples)
            if options.only:
                continue
            for operation in LAST:
                token = program.login(addresses[role]) if role != "nobody" else None
                good &= schemathesis(tool, program, options, role, token, [operation], 3)
            if program.process.poll() is not None:
                raise Wrong(f"it has ended: {program.log.read_text()[-5000:]}")
        well, known = program.answered_well(document)
        said = program.log.read_text()
    for line in said.splitlines():
        if "panic" in line or "ERROR" in line:
            print(f"fuzz: the program logged: {line}")
            good = False
    return good, well, known


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        sys.exit(f"fuzz: {wrong}")
