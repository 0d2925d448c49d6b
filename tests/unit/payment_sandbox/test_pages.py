"""What people see: usable without a script, by keyboard, on a phone, and of no use to another site."""

import re
from datetime import timedelta

import pytest

from rowlock_payment_sandbox.cards import CARDS
from rowlock_payment_sandbox.web.pages import amount

CARD = "4242424242424242"
HOSTILE = "<script>alert(1)</script>"


async def pages_of(provider):
    """Every page there is."""
    payment = await provider.open(description=HOSTILE, merchant_reference=HOSTILE)
    path = f"/pay/{payment['payment_id']}"
    found = {"pay": await provider.http.get(path)}
    found["wrong"] = await provider.pay(payment, "1234")
    await provider.pay(payment, "4000000000000002")
    found["declined"] = await provider.http.get(path)
    await provider.pay(payment, "4000002500003155")
    found["confirmation"] = await provider.http.get(f"{path}/confirmation")
    await provider.pay(payment, CARD)
    found["paid"] = await provider.http.get(path)
    closed = await provider.open()
    provider.now += timedelta(minutes=11)
    found["closed"] = await provider.http.get(f"/pay/{closed['payment_id']}")
    (capture,) = (await provider.read(payment))["captures"]
    await provider.refund(capture, 100)
    found["operator"] = await provider.http.get("/")
    found["nowhere"] = await provider.http.get("/pay/pay_1")
    return found


async def test_every_page_has_a_language_a_title_one_heading_and_no_script(provider):
    for name, page in (await pages_of(provider)).items():
        assert '<html lang="en">' in page.text, name
        assert 1 == page.text.count("<h1>") == page.text.count("<main") == page.text.count("<title>"), name
        assert 'name="viewport"' in page.text, name
        assert "<script" not in page.text, name
        assert "script-src" not in page.headers["content-security-policy"], name
        assert "default-src 'none'" in page.headers["content-security-policy"], name


async def test_every_field_has_a_label_and_every_button_words(provider):
    for name, page in (await pages_of(provider)).items():
        fields = re.findall(r'<(?:input|select) id="(\w+)"', page.text)
        assert fields == re.findall(r'<label for="(\w+)"', page.text), name
        for attributes, words in re.findall(r"<button([^>]*)>(.*?)</button>", page.text):
            assert re.sub("<[^>]+>", "", words).strip() or "aria-label" in attributes, name


async def test_what_others_wrote_is_shown_and_not_run(provider):
    pages = await pages_of(provider)

    for name in ("pay", "operator"):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[name].text


async def test_the_page_shows_the_amount_and_offers_every_card(provider):
    payment = await provider.open(amount_minor=123_456)
    page = (await provider.http.get(f"/pay/{payment['payment_id']}")).text

    assert "<h1>Pay 1,234.56 PLN</h1>" in page
    assert list(CARDS) == re.findall(r'<button name="card" value="(\d+)">', page)
    assert all(card.words in page for card in CARDS.values())
    assert f'<a href="{payment["return_url"]}">Cancel and go back</a>' in page
    assert "alert" not in page


async def test_what_is_wrong_is_said_at_the_field_and_in_the_title(provider):
    pages = await pages_of(provider)

    for name, words in (("wrong", "not one of the test cards"), ("declined", "The card was declined.")):
        page = pages[name].text
        assert re.search(rf'<p class="error" role="alert" id="error">[^<]*{words}', page)
        assert 'aria-invalid="true" aria-describedby="error"' in page
        assert "<title>Error: Pay" in page
    assert 422 == pages["wrong"].status_code


async def test_a_number_that_is_no_test_card_is_kept_nowhere(provider):
    payment = await provider.open()
    answer = await provider.pay(payment, "5555 5555 5555 4444")

    assert "5555" not in answer.text
    assert "5555" not in "".join(provider.sandbox.db.iterdump())


async def test_the_browser_may_follow_the_way_back_to_the_shop_and_no_other(provider):
    payment = await provider.open(return_url="https://shop.example:8443/orders/1?a=b")
    policy = (await provider.http.get(f"/pay/{payment['payment_id']}")).headers["content-security-policy"]

    assert "form-action 'self' https://shop.example:8443;" in policy


async def test_paying_twice_takes_the_money_once(provider):
    payment = await provider.open()
    answers = [await provider.pay(payment, CARD) for _ in range(2)]

    assert [payment["return_url"]] * 2 == [answer.headers["location"] for answer in answers]
    assert 1 == len((await provider.read(payment))["captures"])


async def test_nobody_pays_at_a_page_that_is_not_there(provider):
    assert 404 == (await provider.pay({"payment_id": "pay_1"}, CARD)).status_code
    assert 404 == (await provider.http.post("/pay/pay_1/confirmation", data={})).status_code


async def test_a_page_of_another_site_can_change_nothing_and_read_nothing(provider):
    payment = await provider.open()
    elsewhere = {"Origin": "http://evil.example"}
    for path, form in (
        (f"/pay/{payment['payment_id']}", {"card": CARD}),
        (f"/pay/{payment['payment_id']}/confirmation", {"answer": "confirm"}),
        ("/switches", {"mode": "none"}),
        ("/notices/msg_1/sending", {}),
        ("/control/notices/msg_1/deliveries", {}),
    ):
        assert 403 == (await provider.http.post(path, data=form, headers=elsewhere)).status_code
    rebound = await provider.http.get("/", headers={"Host": "evil.example"})

    assert 400 == rebound.status_code
    assert "open" == (await provider.read(payment))["state"]


async def test_its_pages_let_a_browser_say_where_a_form_comes_from(provider):
    payment = await provider.open()
    for path in ("/", f"/pay/{payment['payment_id']}"):
        answer = await provider.http.get(path)
        assert "same-origin" == answer.headers["referrer-policy"], (
            "under no-referrer, Chromium says Origin: null"
        )


async def test_the_view_shows_what_the_sandbox_believes(provider):
    payment = await provider.paid("4000000000000259")
    (refund, _) = [(await provider.refund(capture, 9000)).json() for capture in payment["captures"]]
    view = (await provider.http.get("/")).text

    for shown in (
        payment["payment_id"],
        payment["merchant_reference"],
        refund["refund_id"],
        "Is captured twice",
    ):
        assert shown in view
    assert all(capture["capture_id"] in view for capture in payment["captures"])


async def test_the_switches_of_the_view_are_those_of_the_api(provider):
    form = {"mode": "late", "delay_ms": "70", "fail_next": "1", "lose_answers": "2", "answer_after_ms": "0"}
    set_ = await provider.http.post("/switches", data=form, headers={"Origin": "http://127.0.0.1:8090"})
    notices = (await provider.http.get("/control/notices")).json()
    outage = (await provider.http.get("/control/outage")).json()

    assert 303 == set_.status_code
    assert ("late", 70) == (notices["mode"], notices["delay_ms"])
    assert {"fail_next": 1, "lose_answers": 2, "answer_after_ms": 0} == outage
    assert '<option value="late" selected>' in (await provider.http.get("/")).text


@pytest.mark.parametrize(
    "change", [{"mode": "sideways"}, {"fail_next": "-1"}, {"fail_next": "many"}, {"more": "1"}]
)
async def test_a_switch_that_makes_no_sense_changes_nothing(provider, change):
    form = {"mode": "late", "delay_ms": "70", "fail_next": "1", "lose_answers": "2", "answer_after_ms": "0"}

    assert 422 == (await provider.http.post("/switches", data=form | change)).status_code
    assert "normal" == (await provider.http.get("/control/notices")).json()["mode"]


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (5, "PLN", "0.05 PLN"),
        (123_456_789, "EUR", "1,234,567.89 EUR"),
        (500, "JPY", "500 JPY"),
        (1500, "KWD", "1.500 KWD"),
    ],
)
def test_an_amount_is_shown_in_the_units_of_its_currency(minor, currency, shown):
    assert shown == amount(minor, currency)
