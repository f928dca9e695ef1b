"""What mail-server.sh runs: a mail server, a RentEzy that sends its letters there, and people.

Arguments: the program, and an empty folder.
"""

import collections
import email
import email.policy
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from aiosmtpd.controller import Controller

PEOPLE = 6
PATIENCE_S = 120


class Sink:
    """Keeps what it is sent. Every third recipient is refused, every fifth letter too."""

    def __init__(self):
        self.kept = []
        self.recipients = 0
        self.letters = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.recipients += 1
        if self.recipients % 3 == 0:
            return "451 come again"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        self.letters += 1
        if self.letters % 5 == 0:
            return "554 not like this"
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.kept.append((envelope.rcpt_tos[0], letter))
        return "250 kept"


def ask(url, body=None, token=None, form=False):
    """Posts a body, or gets; the answer's JSON."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
        data = b"List-Unsubscribe=One-Click"
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{url}: {error} {error.read().decode()}")


def wait(what, holds):
    began = time.monotonic()
    while not (found := holds()):
        if time.monotonic() - began > PATIENCE_S:
            sys.exit(f"waited in vain: {what}")
        time.sleep(0.05)
    return found


def start(program, work, port):
    """The server, and what it is reached by."""
    settings = {
        "SERVER_LISTEN": "127.0.0.1:0",
        "OPERATOR_LISTEN": "127.0.0.1:0",
        # The people here sign in before they read their mail.
        "ACCOUNTS_EMAIL_VERIFICATION": "optional",
        "SERVER_DATA_DIR": f"{work}/data",
        "MAIL_MODE": "smtp",
        "MAIL_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_FROM": "RentEzy <post@rentezy.test>",
    }
    environment = os.environ | {f"RENTEZY_{name}": value for name, value in settings.items()}
    log = open(f"{work}/log", "w")
    server = subprocess.Popen(
        [program, "serve"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
    )
    for line in server.stdout:
        if line.startswith("RentEzy is at "):
            return server, line.removeprefix("RentEzy is at ").strip()
    sys.exit(open(f"{work}/log").read())


def free_port():
    """A port that is free now: the mail server cannot choose one by itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def people(url):
    """Registers people, who all become landlords; their addresses."""
    addresses = [f"person{number}@rentezy.test" for number in range(PEOPLE)]
    for address in addresses:
        account = {"email": address, "password": "correct horse battery"}
        ask(f"{url}/api/v1/auth/register", account | {"name": "Zoë Ünal, \"Z\" <z>"})
        token = ask(f"{url}/api/v1/auth/login", account)["access_token"]
        ask(f"{url}/api/v1/me/landlord-application", {}, token)
    return addresses


def check(letter, url):
    """Everything that one letter has to be."""
    assert letter.defects == [], letter.defects
    assert letter["message-id"].endswith("@rentezy.test>"), letter["message-id"]
    assert letter["auto-submitted"] == "auto-generated"
    assert letter["to"].addresses[0].display_name == 'Zoë Ünal, "Z" <z>', letter["to"]
    assert letter.get_content_type() == "multipart/alternative"
    text = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    assert 'Hello Zoë Ünal, "Z" <z>,' in text, text
    assert "<z>" not in html and "Zoë Ünal" in html, html
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    post = letter["list-unsubscribe"].strip("<>")
    assert post.startswith(f"{url}/api/v1/unsubscribe/"), post
    return post


def main(program, work):
    sink = Sink()
    port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    server, url = start(program, work, port)
    try:
        addresses = people(url)

        def all_came():
            to = {to for to, letter in sink.kept if letter["subject"] == "You can offer homes now"}
            return to == set(addresses)

        wait("a letter for everybody", all_came)
        copies = collections.Counter(letter["message-id"] for _, letter in sink.kept)
        assert set(copies.values()) == {1}, copies
        assert sink.recipients > PEOPLE, "nobody was refused"
        offers = [letter for _, letter in sink.kept if "offer homes" in letter["subject"]]
        posts = [check(letter, url) for letter in offers]
        assert ask(posts[0], form=True) == {"category": "hosting", "subscribed": False}
        assert ask(posts[0])["subscribed"] is False and ask(posts[1])["subscribed"] is True
    finally:
        server.terminate()
        server.wait(60)
        controller.stop()
    print(f"{len(sink.kept)} letters, each once, after {sink.recipients} tries")


main(*sys.argv[1:])
