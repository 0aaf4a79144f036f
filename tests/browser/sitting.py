"""What tests of the judging page do and ask again and again."""

from __future__ import annotations

from playwright.sync_api import expect

from labeling.models import Annotation
from tests.factories import PASSWORD

#: The module that keeps the next item, as the page itself knows it.
HELD = """async () => {
  const { src } = document.querySelector('script[src$="judge.js"]') ?? {};
  return (await import(new URL("ahead.js", src).href)).tokenAhead();
}"""

#: What an item needs is asked for with it: its looks decide what scrolls.
LOOKS = "[...document.querySelectorAll('link[rel=stylesheet]')].every((link) => link.sheet)"


def token(page):
    return page.locator("#answers").get_attribute("data-token")


def answer_by_keyboard(page, *keys):
    before = token(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(f'[data-token="{before}"]')).to_have_count(0)
    expect(page.locator(".saved")).to_have_text("saved")


def stored():
    return [
        tuple(row.answers.order_by("criterion__position").values_list("value", flat=True))
        for row in Annotation.objects.order_by("pk")
    ]


def log_in_in_another_tab(context, member):
    """Log in as people do: the browser gets a new session and a new token against forgery."""
    member.user.set_password(PASSWORD)
    member.user.save()
    context.clear_cookies(name="sessionid")
    tab = context.new_page()
    tab.goto("/login/")
    tab.locator("[name=username]").fill(member.user.email)
    tab.locator("[name=password]").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    expect(tab.locator("[name=password]")).to_have_count(0)
    tab.close()


def wait_until_ready(page):
    """The modules that the page has asked for serve it; a hand is never as quick as a test."""
    expect(page.locator("body[data-ready]")).to_be_attached()
    expect(page.locator("[data-module]:not([data-ready])")).to_have_count(0)
    wait_until(page, LOOKS, "a stylesheet that the page asks for has not arrived")


def wait_until_held(page):
    """The item after this one has arrived: it is asked for as soon as this one is shown."""
    wait_until(page, HELD, "no item is held")


def wait_until(page, condition, otherwise=""):
    """Ask again and again from here; the page's policy forbids to wait in it."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(otherwise or condition)
