"""The parts that pages are made of."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from labeling.stats.estimate import Estimate, undefined
from labeling.templatetags import fettle
from tests.maintenance.samples import HIDDEN, SampleForm, make_guide, make_job, make_shell

TEMPLATES = Path(settings.BASE_DIR) / "templates"
ERRORS = ["400", "403", "404", "409", "413", "500", "csrf"]


def component(name, **context):
    return render_to_string(f"components/{name}.html", context)


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").split())


def draw(source, **context):
    return Template("{% load charts fettle %}" + source).render(Context(context))


def page(template, context=None, path="/p/support/queues/"):
    request = RequestFactory().get(path)
    return render_to_string(template, {"request": request, **(context or {})})


class Outline(HTMLParser):
    """Collects which elements a page has, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def find(self, tag, **attributes):
        return [
            seen
            for name, seen in self.elements
            if name == tag and attributes.items() <= seen.items()
        ]


# Numbers


def test_an_estimate_never_travels_alone():
    html = component("estimate", estimate=Estimate(0.864, 0.842, 0.885, 999, 999.0))
    assert words(html) == "0.864 0.842 to 0.885 n = 999"


def test_an_undefined_estimate_says_why_instead_of_a_number():
    html = component("estimate", estimate=undefined("nothing was counted"))
    assert words(html) == "not enough labels nothing was counted n = 0"
    assert "nan" not in html


def test_an_estimate_without_interval_shows_no_interval():
    estimate = Estimate(1.0, math.nan, math.nan, 12, 12.0, reason="no variation was seen")
    html = component("estimate", estimate=estimate)
    assert words(html) == "1.000 n = 12"
    assert "no variation was seen" in html


def test_a_difference_is_shown_in_signed_points():
    estimate = Estimate(-0.023, -0.05, 0.004, 500, 500.0)
    html = component("estimate", estimate=estimate, unit="points")
    assert words(html) == "\N{MINUS SIGN}2.3 points \N{MINUS SIGN}5.0 to +0.4 n = 500"


def test_numbers_are_written_as_the_reader_writes_them():
    with translation.override("de"):
        assert fettle.percent(0.1234) == "12,3%"
        assert fettle.count(1_234_567) == "1.234.567"
        assert fettle.decimal(0.5) == "0,500"


@pytest.mark.parametrize("write", [fettle.percent, fettle.decimal, fettle.points, fettle.signed])
@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_missing_number_is_a_dash(write, missing):
    assert write(missing) == fettle.DASH


def test_a_share_of_nothing_is_a_dash():
    assert fettle.share(3, 0) == fettle.DASH
    assert fettle.share(3, 12) == "25%"
    assert fettle.count(None) == fettle.DASH


def test_places_in_a_drawing_are_written_for_the_browser_in_any_language():
    estimate = Estimate(0.333, 0.111, 0.777, 9, 9.0)
    with translation.override("de"):
        html = draw("{% forest rows %}{% bar 0.125 %}{% stacked parts %}", rows=[("a", estimate)],
                    parts=[("done", 1), ("open", 7)])  # fmt: skip
    assert 'cx="33.3%"' in html
    assert 'width="12.5%"' in html
    assert "0,333" in html


# Texts from outside


def test_hidden_characters_are_made_visible():
    assert fettle.visible("a\u202eb\u200bc\x1b[0m") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+001B⟩[0m"
    assert fettle.visible("tag \U000e0041") == "tag ⟨U+E0041⟩"


@pytest.mark.parametrize("text", ["a\nb\tc", "\u0646\u200c\u0647", "👩\u200d🔬", "e\u0301"])
def test_what_belongs_to_a_spelling_is_left_alone(text):
    assert fettle.visible(text) == text


def test_an_item_text_is_isolated_escaped_and_kept_to_the_letter():
    html = component("text", text=HIDDEN, lang="de").strip()
    box = Outline(html).find("bdi")[0]
    assert box == {"class": "text", "dir": "auto", "lang": "de"}
    assert "&lt;b&gt;mein&lt;/b&gt;" in html
    inner = re.sub(r"^<bdi[^>]*>|</bdi>$", "", html)
    original = re.sub(r"<span>⟨U\+\w+⟩</span>|</?span[^>]*>", "", inner)
    assert original == HIDDEN.replace("<", "&lt;").replace(">", "&gt;")


def test_a_copied_text_is_the_original_one():
    assert "".join(piece.text for piece in fettle.pieces(HIDDEN)) == HIDDEN


# States


@pytest.mark.parametrize("state", [*fettle.STATES, "something new"])
def test_a_badge_has_a_shape_and_a_word(state):
    html = draw("{% badge state %}", state=state)
    assert words(html)
    assert "<svg" in html


def test_a_badge_takes_another_word_and_tone():
    html = draw("{% badge 'open' 'not yet' 'warn' %}")
    assert words(html) == "not yet"
    assert "badge warn" in html


def test_a_job_is_asked_after_only_while_it_lives():
    running = component("job", job=make_job(), url="/jobs/1/")
    done = component("job", job=make_job(state="done"), url="/jobs/1/")
    assert 'hx-get="/jobs/1/"' in running
    assert "every 2s" in running
    assert "34,000 / 100,000" in running
    assert "hx-get" not in done


def test_a_failed_job_says_what_went_wrong():
    html = component("job", job=make_job(state="failed", error="disk <full>"), url="/jobs/1/")
    assert "disk &lt;full&gt;" in html


def test_progress_without_a_whole_is_counted_only():
    html = component("progress", done=12, label="Rows")
    assert words(html) == "Rows 12"


# Forms


def filled(**data):
    form = SampleForm(data)
    form.is_valid()
    return form


def test_a_field_is_described_by_its_help_and_its_error():
    outline = Outline(component("field", field=filled()["name"]))
    [control] = outline.find("input", name="name")
    assert control["aria-invalid"] == "true"
    described = control["aria-describedby"].split()
    assert {seen["id"] for _, seen in outline.elements if "id" in seen} >= set(described)
    assert len(described) == 2
    assert outline.find("label", **{"for": control["id"]})


def test_a_group_of_choices_has_a_legend_and_a_label_each():
    outline = Outline(component("field", field=filled()["order"]))
    assert outline.find("legend")
    assert len(outline.find("label")) == 2
    assert outline.find("fieldset")[0]["aria-describedby"] == "id_order_helptext id_order_error"


def test_what_may_stay_empty_says_so_except_in_filters():
    field = filled()["note"]
    assert "optional" in component("field", field=field)
    assert "optional" not in component("field", field=field, unmarked=True)


def test_a_refused_form_lists_what_to_mend_with_links():
    html = component("form_errors", form=filled(size="-1"))
    assert "3 things to mend" in html
    assert 'href="#id_name"' in html
    assert not component("form_errors", form=SampleForm()).strip()


def test_a_hidden_field_has_no_label():
    html = component("field", field=SampleForm()["token"])
    assert not Outline(html).find("label")


def test_a_confirmation_carries_the_token_and_asks_for_the_word():
    html = component(
        "confirm", id="erase", url="/erase/", action="Erase", title="Erase this item?",
        sentence="Its text is lost.", word="erase", csrf_token="secret",
    )  # fmt: skip
    outline = Outline(html)
    assert outline.find("input", name="csrfmiddlewaretoken", value="secret")
    assert outline.find("input", name="confirm", pattern="erase")
    assert outline.find("dialog", **{"aria-labelledby": "erase-title"})


def test_pages_are_turned_only_where_there_are_pages():
    assert not component("pagination").strip()
    only_next = component("pagination", next_url="?cursor=b")
    assert words(only_next) == "Next →"


def test_an_empty_place_says_what_to_do():
    html = component("empty", title="No queue", sentence="Open one.", url="/new/", action="New")
    assert words(html) == "No queue Open one. New"
    assert "href" not in component("empty", title="No queue")


def test_a_time_is_given_to_people_and_to_programs():
    assert words(component("time", at=None)) == fettle.DASH
    html = component("time", at=make_guide()["at"], relative=True)
    assert "data-relative" in html
    assert 'datetime="20' in html


# Shells


def test_a_page_has_one_heading_a_skip_link_and_its_place_in_the_navigation():
    outline = Outline(page("maintenance/styleguide.html", make_guide()))
    assert len(outline.find("h1")) == 1
    assert outline.find("a", href="#main")
    assert outline.find("a", href="/p/support/queues/", **{"aria-current": "page"})


def test_who_is_signed_out_sees_no_navigation():
    html = page("base.html", make_shell(user=None))
    assert not Outline(html).find("nav")


def test_the_judging_shell_has_no_navigation_but_a_way_out():
    outline = Outline(page("maintenance/styleguide_judging.html", make_guide()))
    assert len(outline.find("h1")) == 1
    assert not outline.find("nav")
    assert outline.find("a", href="/p/support/")
    assert outline.find("button", **{"data-open": "keys"})


def test_a_page_in_arabic_runs_from_right_to_left():
    with translation.override("ar"):
        html = page("base.html", make_shell())
    assert Outline(html).find("html", lang="ar", dir="rtl")


@pytest.mark.parametrize("name", ERRORS)
def test_a_refusal_needs_nothing_to_be_shown(name):
    html = render_to_string(f"errors/{name}.html")
    assert len(Outline(html).find("h1")) == 1
    assert 'href="/"' in html


@pytest.mark.parametrize("name", ERRORS)
def test_a_refusal_repeats_its_reason_and_the_number_of_the_request(name):
    html = render_to_string(f"errors/{name}.html", {"message": "No <b>", "request_id": "abc-123"})
    assert "No &lt;b&gt;" in html
    assert "abc-123" in html


def test_no_template_writes_scripts_or_styles_into_the_page():
    inline = re.compile(
        r"<style|\sstyle\s*=|\shx-on|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\ssrc=)|javascript:"
        r"|hx-vals\s*=\s*[\"']js:",
        re.IGNORECASE,
    )
    guilty = [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text())]
    assert guilty == []
