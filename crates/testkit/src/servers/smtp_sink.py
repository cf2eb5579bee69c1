"""An SMTP server that keeps what it is given as files, and misbehaves as it is told.

Arguments: the directory of the messages, and a JSON object of options. Prints its port once it listens.
Each message becomes one file: a line of JSON with the envelope, then the message as it came. Each connection becomes an
empty file.
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
        self.connections = 0
        self.received = 0
        self.answers_to_lose = options["lose_answers"]
        self.resets_to_cut = options["cut_at_reset"]

    def connected(self, settings):
        server = SMTP(self, **settings)
        self.connections += 1
        server.number = self.connections
        open(os.path.join(self.directory, "%08d.connection" % server.number), "wb").close()
        return server

    async def handle_RSET(self, server, session, envelope):
        if self.resets_to_cut > 0:
            self.resets_to_cut -= 1
            server.transport.abort()
        return "250 2.0.0 Forgotten"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options["cut_at_recipient"]:
            self.options["cut_at_recipient"].remove(address)
            server.transport.abort()
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
            "tls": server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data if session.authenticated else None,
            "connection": server.number,
            "signed": self.is_signed(envelope.original_content),
        }
        path = os.path.join(self.directory, "%08d" % self.received)
        with open(path + ".part", "wb") as file:
            file.write(json.dumps(facts).encode() + b"\n" + envelope.original_content)
        os.rename(path + ".part", path + ".eml")
        if self.answers_to_lose > 0 or self.options["cut_after_data"].intersection(envelope.rcpt_tos):
            self.answers_to_lose -= 1
            server.transport.abort()
        return "250 2.0.0 Message accepted"

    def is_signed(self, message):
        if self.options["dkim_record"] is None:
            return None
        import dkim

        name, text = self.options["dkim_record"]

        def asked(wanted, timeout=5):
            wanted = wanted.decode() if isinstance(wanted, bytes) else wanted
            return text.encode() if wanted.rstrip(".") == name else None

        return dkim.verify(message, dnsfunc=asked)


def main():
    directory, options = sys.argv[1], json.loads(sys.argv[2])
    options["cut_at_recipient"] = set(options["cut_at_recipient"])
    options["cut_after_data"] = set(options["cut_after_data"])
    settings = {"decode_data": False, "enable_SMTPUTF8": True, "ident": "sink"}
    context = None
    if options["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    if context and not options["implicit_tls"]:
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
            # It knows only of the TLS that it has begun itself.
            auth_require_tls="tls_context" in settings,
        )
    asyncio.run(serve(Sink(directory, options), settings, context if options["implicit_tls"] else None))


async def serve(sink, settings, context):
    listen = asyncio.get_running_loop().create_server
    server = await listen(lambda: sink.connected(settings), "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


main()
