"""What mails say: the same as text and as HTML, for every reader, and nothing that was slipped in."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from integration.notifications.facts import (
    NAME,
    TITLE,
    TOKEN,
    cancelled_tickets,
    cause_of,
    facts_of,
    order,
)

from notifications.clients.facts import (
    Addressee,
    CancelledTicketsFacts,
    InvitationFacts,
    LinkFacts,
    LookupFacts,
    Money,
    OrderFacts,
)
from notifications.domain.mails import MailKind
from notifications.usecases.mail_text.formats import SUBJECT_CHARS_MAX, moment, money
from notifications.usecases.mail_text.writing import TEMPLATES, MailWriter

WRITER = MailWriter(public_url="https://rowlock.example/")
each_kind = pytest.mark.parametrize("kind", list(MailKind))
LINE_CHARS_MAX = 78
FACTS = {
    MailKind.VERIFICATION: LinkFacts,
    MailKind.PASSWORD_RESET: LinkFacts,
    MailKind.INVITATION: InvitationFacts,
    MailKind.ORDER_LINKS: LookupFacts,
    MailKind.ORDER_CONFIRMED: OrderFacts,
    MailKind.ORDER_CANCELLED: OrderFacts,
    MailKind.ORDER_EXPIRED: OrderFacts,
    MailKind.ORDER_REFUNDED: OrderFacts,
    MailKind.ORDER_TICKETS_CANCELLED: CancelledTicketsFacts,
}


def written(kind: MailKind, **changed):
    cause = cause_of(kind)
    facts = FACTS.get(kind, Addressee).model_validate(facts_of(cause) | changed)
    return WRITER.write(cause, facts)


class Page(HTMLParser):
    """The parts of a page that matter to readers and to safety."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.paragraphs: list[str] = []
        self._words: list[str] | None = None
        self.feed(html.partition("<footer>")[0])

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "p":
            self._words = []

    def handle_endtag(self, tag):
        if tag == "p" and self._words is not None:
            self.paragraphs.append(" ".join(self._words))
            self._words = None

    def handle_data(self, data):
        if self._words is not None:
            self._words += data.split()

    def values(self, tag: str, name: str) -> list[str]:
        return [value for t, n, value in self.attributes if (t, n) == (tag, name)]


def test_every_kind_has_a_template_and_every_template_a_kind():
    from importlib.resources import files

    templates = {
        path.name for path in (files("notifications") / TEMPLATES).iterdir() if path.name.endswith(".jinja")
    }
    assert templates == {f"{kind}.jinja" for kind in MailKind}


@each_kind
def test_a_subject_is_short_and_holds_no_secret_and_no_address(kind):
    mail = written(kind)
    assert 0 < len(mail.subject) <= SUBJECT_CHARS_MAX
    assert not [word for word in (TOKEN, "@", "http", NAME) if word in mail.subject]


@each_kind
def test_every_paragraph_stands_in_the_text_and_in_the_html(kind):
    mail = written(kind)
    paragraphs = Page(mail.html).paragraphs
    read = " ".join(mail.text.split())
    assert len(paragraphs) >= 3
    assert [words for words in paragraphs if words not in read] == []


@each_kind
def test_the_html_is_sound_for_every_reader(kind):
    page = Page(written(kind).html)
    assert page.values("html", "lang") == ["en"]
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
    assert (
        page.tags.count("table")
        == page.tags.count("caption")
        == len(page.values("table", "role")) + page.tags.count("table")
    )
    assert {"scope"} >= {name for tag, name, _ in page.attributes if tag == "th" and name != "colspan"}
    assert all(link.startswith("https://rowlock.example/") for link in page.values("a", "href"))


@each_kind
def test_the_html_loads_nothing_and_runs_nothing(kind):
    page = Page(written(kind).html)
    assert not {"img", "script", "iframe", "form", "link", "object"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "src"]


@each_kind
def test_lines_of_text_fit_everywhere_but_for_links(kind):
    long = [line for line in written(kind).text.splitlines() if len(line) > LINE_CHARS_MAX]
    assert [line for line in long if not line.startswith("https://")] == []


@pytest.mark.parametrize(
    "hostile", ['<script>alert(1)</script>"', "'><img src=x onerror=1>", "{{ links }} {% raw %}"]
)
def test_what_organizers_wrote_is_shown_and_not_obeyed(hostile):
    cause = cause_of(MailKind.ORDER_CONFIRMED)
    facts = facts_of(cause) | {"order": order(cause.cause_id, state="confirmed", title=hostile)}
    mail = WRITER.write(cause, OrderFacts.model_validate(facts))

    assert hostile in mail.text
    assert hostile not in mail.html or "<" not in hostile
    assert not {"img", "script"} & set(Page(mail.html).tags)


def test_a_title_with_line_breaks_makes_one_subject_line():
    cause = cause_of(MailKind.ORDER_CONFIRMED)
    facts = facts_of(cause) | {
        "order": order(cause.cause_id, state="confirmed", title="Ham\r\nBcc: x@y.z\nlet" * 40)
    }
    subject = WRITER.write(cause, OrderFacts.model_validate(facts)).subject

    assert subject.startswith("Order confirmed: Ham Bcc: x@y.z let")
    assert len(subject.splitlines()) == 1
    assert len(subject) <= SUBJECT_CHARS_MAX


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind not in (MailKind.PASSWORD_RESET, MailKind.PASSWORD_CHANGED, MailKind.GUEST_ORDERS_FOUND)])  # fmt: skip
def test_a_name_that_anybody_may_have_typed_is_not_repeated(kind):
    mail = written(kind, name="Win at evil.example")
    assert "Win at" not in mail.text + mail.html


def test_an_account_holder_is_greeted_by_name():
    assert written(MailKind.PASSWORD_CHANGED).text.startswith(f"Hello {NAME},\n")
    assert written(MailKind.PASSWORD_CHANGED, name=None).text.startswith("Hello,\n")


def test_several_events_are_named_once_each():
    cause = cause_of(MailKind.ORDER_CONFIRMED)
    placed = order(cause.cause_id, state="confirmed")
    placed["lines"].append(placed["lines"][0] | {"event_title": "The Tempest"})
    mail = WRITER.write(cause, OrderFacts.model_validate(facts_of(cause) | {"order": placed}))
    assert mail.subject == f"Order confirmed: {TITLE}, The Tempest"


def order_mail(kind: MailKind, *, line: dict[str, str] | None = None, **changed):
    """About an order of which this is changed, and this of its first line."""
    cause = cause_of(kind)
    facts = facts_of(cause)
    facts["order"] |= changed
    facts["order"]["lines"] = [facts["order"]["lines"][0] | (line or {}), *facts["order"]["lines"][1:]]
    return WRITER.write(cause, OrderFacts.model_validate(facts))


def test_who_was_given_other_seats_reads_which_and_why():
    given = {"seat_id": "stalls-D-7", "ordered_seat_id": "stalls-C-11"}
    mail = order_mail(MailKind.ORDER_CONFIRMED, line=given)
    for words in (" ".join(mail.text.split()), " ".join(mail.html.split())):
        assert "You allowed equivalent ones" in words
        assert words.count("stalls-D-7 (instead of stalls-C-11)") == 1
        assert words.count("instead of") == 1


def test_who_has_the_seats_they_ordered_reads_of_no_others():
    mail = order_mail(MailKind.ORDER_CONFIRMED)
    assert not [word for word in ("equivalent", "instead") if word in mail.text + mail.html]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("seats_taken", "others had taken them"),
        ("event_cancelled", "the event was cancelled"),
        ("hold_released", "could no longer be given"),
        ("", "could no longer be given"),
    ],
)
def test_whose_money_comes_back_reads_why(reason, words):
    mail = order_mail(MailKind.ORDER_REFUNDED, reason=reason)
    assert words in " ".join(mail.text.split())
    assert words in " ".join(mail.html.split())
    assert "The whole amount goes back to you" in " ".join(mail.text.split())


def test_whose_order_is_cancelled_is_not_promised_more_than_the_terms_give_back():
    words = " ".join(order_mail(MailKind.ORDER_CANCELLED).text.split())
    assert "the order shows what goes back to you" in words
    assert not [promise for promise in ("whole amount", "what you paid for it goes back") if promise in words]


def cancelled_mail(**cancelled):
    """Both parts of the mail about tickets given back, in one line each."""
    mail = written(MailKind.ORDER_TICKETS_CANCELLED, cancelled=cancelled_tickets(**cancelled))
    return [" ".join(part.split()) for part in (mail.text, mail.html)]


def test_who_gave_some_tickets_back_reads_which_and_that_the_others_stay():
    for words in cancelled_mail(seats=("stalls-C-13", "stalls-C-14"), tickets_left=2):
        assert "2 tickets of your order are cancelled and no longer valid." in words
        assert "Your other 2 tickets stay valid." in words
        assert (words.count("stalls-C-13"), words.count("stalls-C-14")) == (1, 1)
        assert "stalls-C-12" not in words  # which stays
    for words in cancelled_mail(tickets_left=1):
        assert (
            "One ticket of your order is cancelled and no longer valid. Your other ticket stays valid."
            in words
        )


@pytest.mark.parametrize(
    ("refund", "fee", "says", "is_silent_of"),
    [
        (4200, 300, ("PLN 42.00 goes back to you. PLN 3.00 is kept",), "No money"),
        (4500, 0, ("PLN 45.00 goes back to you.",), "terms of the event"),
        (0, 4500, ("No money goes back to you. PLN 45.00 is kept",), "0.00 goes back"),
        (0, 0, ("stays valid",), "goes back to you"),
    ],
)
def test_who_gave_some_tickets_back_reads_what_goes_back_and_what_is_kept(refund, fee, says, is_silent_of):
    for words in cancelled_mail(refund=refund, fee=fee, tickets_left=1):
        assert [part for part in says if part not in words] == []
        assert is_silent_of not in words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (4500, "PLN", "PLN 45.00"),
        (104_500, "EUR", "EUR 1,045.00"),
        (0, "PLN", "PLN 0.00"),
        (500, "JPY", "JPY 500"),
        (1234, "KWD", "KWD 1.234"),
        (7, "XXY", "XXY 0.07"),
    ],
)
def test_money_reads_as_people_write_it(minor, currency, words):
    assert money(Money(amount_minor=minor, currency=currency)) == words


def test_times_say_their_zone():
    assert moment(datetime(2026, 12, 4, 18, 0, tzinfo=UTC)) == "Friday 4 December 2026, 18:00 UTC"


def test_facts_do_not_show_their_values():
    facts = Addressee(email="ada@example.org", name="Ada")
    mail = written(MailKind.VERIFICATION)
    assert "ada" not in repr(facts).lower()
    assert TOKEN not in repr(mail)
