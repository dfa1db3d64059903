"""A mail server that prints what is said to it, what it answers, and each message.

Arguments: ADDRESS PORT KIND [CERTIFICATE KEY], where KIND is plain, starttls, tls or silent; starttls asks for a log-in too.
"""

import asyncio
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

ADDRESS, PORT, KIND = sys.argv[1:4]


def say(*words):
    print(*words, flush=True)


class Dialogue(logging.Handler):
    """Turns the lines of the library's log about commands and answers into lines of ours."""

    def emit(self, record):
        if record.msg == "%r >> %r":
            say("C", record.args[1].decode().rstrip())
        elif record.msg == "%r << %r":
            say("S", record.args[1].decode().rstrip())


class Messages:
    async def handle_DATA(self, server, session, envelope):
        encrypted = "encrypted" if server.transport.get_extra_info("ssl_object") else "in the clear"
        say("message", encrypted, "from", envelope.mail_from, "to", *envelope.rcpt_tos)
        for line in envelope.content.decode().splitlines():
            say("|", line)
        return "250 taken"


def log_in(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"router", b"pass word")
    say("logged in by", mechanism) if right else say("refused by", mechanism)
    return AuthResult(success=right, handled=False)


async def keep_silent(reader, writer):
    say("connected")
    await reader.read()


async def serve():
    context = None
    if KIND in ("starttls", "tls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[4:6])
    options = {"hostname": "mail.example"}
    if KIND == "starttls":
        options.update(tls_context=context, require_starttls=True, auth_required=True, authenticator=log_in)
    loop = asyncio.get_running_loop()
    if KIND == "silent":
        server = await asyncio.start_server(keep_silent, ADDRESS, PORT)
    else:
        server = await loop.create_server(
            lambda: SMTP(Messages(), loop=loop, **options), ADDRESS, PORT, ssl=context if KIND == "tls" else None
        )
    say("listening")
    await server.serve_forever()


log = logging.getLogger("mail.log")
log.setLevel(logging.DEBUG)
log.propagate = False
log.addHandler(Dialogue())
asyncio.run(serve())
