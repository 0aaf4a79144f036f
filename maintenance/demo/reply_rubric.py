"""What is asked of two replies beside each other."""

from __future__ import annotations

from typing import Any

BETTER: dict[str, Any] = {
    "key": "better_reply",
    "kind": "preference",
    "subject": "pair",
    "prompt": "Which reply would you rather get?",
    "help": "As the customer who wrote the message.",
    "required": True,
    "cannot_tell": True,
    "terms": {"strength": False, "both_bad": True},
    "translations": {
        "de": {
            "prompt": "Welche Antwort bekämen Sie lieber?",
            "help": "Als die Person, die geschrieben hat.",
        },
        "es": {
            "prompt": "¿Qué respuesta preferiría recibir?",
            "help": "Como la persona que escribió el mensaje.",
        },
    },
}
GUIDANCE = """\
Read the message, then both replies.

- A reply that answers **what was asked** beats one that does not, however kind it is.
- Of two that answer it, the better one says **what happens next**.
- *Both bad* is for two replies that you would not send at all.
"""
GUIDANCE_DE = """\
Lesen Sie die Nachricht, dann beide Antworten.

- Eine Antwort **auf die Frage** ist besser als eine, die nicht darauf eingeht, wie nett auch immer.
- Von zwei solchen ist die besser, die sagt, **wie es weitergeht**.
- *Beide schlecht* gilt für zwei Antworten, die Sie gar nicht senden würden.
"""
GUIDANCE_ES = """\
Lea el mensaje y después las dos respuestas.

- Una respuesta **a lo que se pregunta** es mejor que otra que no lo contesta, por amable que sea.
- De dos que contestan, es mejor la que dice **qué pasará después**.
- *Las dos malas* es para dos respuestas que usted no enviaría.
"""


def reply_rubric() -> dict[str, Any]:
    """The document of the rubric, in three languages."""
    return {
        "name": "Two replies",
        "guidance": GUIDANCE,
        "criteria": [BETTER],
        "translations": {"de": {"guidance": GUIDANCE_DE}, "es": {"guidance": GUIDANCE_ES}},
    }
