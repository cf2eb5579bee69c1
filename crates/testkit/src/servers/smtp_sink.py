"""An SMTP server that keeps what it is given as files, and misbehaves as it is told.

Arguments: the directory of the messages, and a JSON object of options. Prints its port once it listens.
Each message becomes one file: a line of JSON with the envelope, then the message as it came.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    def __init__(self, directory, options):
        self.directory = directory
        self.options = options
        self.received = 0
        self.answers_to_lose = options["lose_answers"]

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options["refuse"]:
            return "550 5.1.1 There is no such mailbox"
        if address in self.options["defer"]:
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient accepted"

    async def handle_DATA(self, server, session, envelope):
        self.received += 1
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "user": session.auth_data if session.authenticated else None,
        }
        path = os.path.join(self.directory, "%08d" % self.received)
        with open(path + ".part", "wb") as file:
            file.write(json.dumps(facts).encode() + b"\n" + envelope.original_content)
        os.rename(path + ".part", path + ".eml")
        if self.answers_to_lose > 0:
            self.answers_to_lose -= 1
            server.transport.abort()
        return "250 2.0.0 Message accepted"


def main():
    directory, options = sys.argv[1], json.loads(sys.argv[2])
    settings = {"decode_data": False, "enable_SMTPUTF8": True, "ident": "sink"}
    if options["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
        settings.update(tls_context=context, require_starttls=True)
    if options["user"] is not None:

        def authenticate(server, session, envelope, mechanism, data):
            wanted = (options["user"].encode(), options["password"].encode())
            if (data.login, data.password) == wanted:
                return AuthResult(success=True, auth_data=options["user"])
            return AuthResult(success=False, handled=False)

        settings.update(
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=bool(options["certificate"]),
        )
    asyncio.run(serve(Sink(directory, options), settings))


async def serve(sink, settings):
    listen = asyncio.get_running_loop().create_server
    server = await listen(lambda: SMTP(sink, **settings), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


main()
