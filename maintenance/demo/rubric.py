"""The demo's rubric as the document that the editor also reads and writes."""

from __future__ import annotations

from typing import Any

from maintenance.demo.catalogue import Node, taxonomy

GUIDANCE = """\
Judge **what the customer wants**, not what the assistant made of it. Read the message first, then
the reply.

- Choose the **most specific** intent that fits. A branch (for example *Delivery*) is right only if
  the message truly does not say more.
- Two requests in one message: take the one that must be dealt with **first**.
- A parcel that arrives broken is *Damaged in transit*; an article that fails later is
  *Defect or warranty*.
- Before dispatch it is *Order status*, after dispatch *Track a parcel*; once the promised day has
  passed it is *Late delivery*.
- Job applications, advertising, small talk and anything else we cannot act on: *Other*.

If you cannot tell, say so. That helps more than a guess.
"""
GUIDANCE_DE = """\
Beurteilen Sie, **was die Kundin oder der Kunde möchte**, nicht was der Assistent daraus gemacht
hat. Lesen Sie erst die Nachricht, dann die Antwort.

- Wählen Sie die **genaueste** passende Absicht. Ein Zweig (etwa *Lieferung*) ist nur richtig, wenn
  die Nachricht wirklich nicht mehr hergibt.
- Zwei Anliegen in einer Nachricht: nehmen Sie das, um das man sich **zuerst** kümmern muss.
- Kaputt angekommen ist *Transportschaden*; was später versagt, ist *Defekt oder Garantie*.
- Vor dem Versand *Bestellstatus*, danach *Sendung verfolgen*; ist der zugesagte Tag vorbei,
  *Lieferverzug*.
- Bewerbungen, Werbung, Plauderei und alles, worum wir uns nicht kümmern können: *Sonstiges*.

Wenn Sie es nicht beurteilen können, sagen Sie es. Das hilft mehr als geraten.
"""
GUIDANCE_ES = """\
Valore **qué quiere el cliente**, no lo que ha entendido el asistente. Lea primero el mensaje y
después la respuesta.

- Elija la intención **más concreta** que encaje. Una rama (por ejemplo *Entrega*) solo es correcta
  si el mensaje de verdad no dice más.
- Dos peticiones en un mensaje: tome la que haya que atender **primero**.
- Si llega roto es *Dañado en el transporte*; si falla más tarde, *Defecto o garantía*.
- Antes del envío es *Estado del pedido*, después *Seguimiento del paquete*; pasado el día
  prometido, *Retraso en la entrega*.
- Solicitudes de empleo, publicidad, charla y todo lo que no podemos atender: *Otro*.

Si no puede juzgarlo, dígalo. Ayuda más que adivinar.
"""

INTENT: dict[str, Any] = {
    "key": "intent",
    "kind": "taxonomy",
    "subject": "input",
    "prompt": "What does the customer want?",
    "help": "The most specific intent that fits; type to search.",
    "required": True,
    "cannot_tell": True,
    "translations": {
        "de": {
            "prompt": "Was möchte die Kundin oder der Kunde?",
            "help": "Die genaueste passende Absicht; zum Suchen tippen.",
        },
        "es": {
            "prompt": "¿Qué quiere el cliente?",
            "help": "La intención más concreta que encaje; escriba para buscar.",
        },
    },
}

REPLY_QUALITY: dict[str, Any] = {
    "key": "reply_quality",
    "kind": "ordinal",
    "subject": "output",
    "prompt": "How good is the assistant's reply?",
    "help": "As an answer to this message, whatever the intent was taken for.",
    "required": True,
    "cannot_tell": True,
    "options": [
        {
            "key": "1",
            "label": "Useless",
            "description": "Misses the matter or says something false. Worse than no reply.",
            "examples": ["Offers a return label to somebody who asks for an invoice."],
        },
        {
            "key": "2",
            "label": "Poor",
            "description": (
                "Touches the matter, but the customer has to ask again. "
                "Or: right, but in the wrong language."
            ),
            "examples": ["Explains tracking to somebody whose parcel was stolen."],
        },
        {
            "key": "3",
            "label": "Fair",
            "description": (
                "Right in general, with something important missing. "
                "Half of the question is answered."
            ),
            "examples": ["Says that returns are free, not how to start one."],
        },
        {
            "key": "4",
            "label": "Good",
            "description": (
                "Answers the question; could be warmer, shorter or more exact. "
                "You would send it as it is."
            ),
            "examples": ["Gives the refund time without a word about the delay."],
        },
        {
            "key": "5",
            "label": "Excellent",
            "description": (
                "Answers exactly this question, kindly, with the next step. "
                "You could not do better yourself."
            ),
            "examples": ["Apologises, replaces the broken lamp and says what to send."],
        },
    ],
    "translations": {
        "de": {
            "prompt": "Wie gut ist die Antwort des Assistenten?",
            "help": "Als Antwort auf diese Nachricht, gleich welche Absicht angenommen wurde.",
            "options": {
                "1": {
                    "label": "Unbrauchbar",
                    "description": (
                        "Geht am Anliegen vorbei oder sagt Falsches. Schlimmer als keine Antwort."
                    ),
                },
                "2": {
                    "label": "Schwach",
                    "description": (
                        "Streift das Anliegen, man muss noch einmal fragen. "
                        "Oder: richtig, aber in der falschen Sprache."
                    ),
                },
                "3": {
                    "label": "Mäßig",
                    "description": (
                        "Im Großen richtig, aber etwas Wichtiges fehlt. "
                        "Die halbe Frage ist beantwortet."
                    ),
                },
                "4": {
                    "label": "Gut",
                    "description": (
                        "Beantwortet die Frage; ginge freundlicher, kürzer, genauer. "
                        "Sie würden sie so abschicken."
                    ),
                },
                "5": {
                    "label": "Ausgezeichnet",
                    "description": (
                        "Beantwortet genau diese Frage, freundlich, mit Ausblick. "
                        "Besser könnten Sie es selbst nicht."
                    ),
                },
            },
        },
        "es": {
            "prompt": "¿Qué tal es la respuesta del asistente?",
            "help": "Como respuesta a este mensaje, sea cual sea la intención supuesta.",
            "options": {
                "1": {
                    "label": "Inútil",
                    "description": (
                        "No responde a lo pedido o dice algo falso. Peor que no contestar."
                    ),
                },
                "2": {
                    "label": "Mala",
                    "description": (
                        "Roza el asunto, pero hay que volver a preguntar. "
                        "O bien: correcta, pero en otro idioma."
                    ),
                },
                "3": {
                    "label": "Regular",
                    "description": (
                        "Correcta en general, pero falta algo importante. "
                        "Contesta a media pregunta."
                    ),
                },
                "4": {
                    "label": "Buena",
                    "description": (
                        "Contesta a la pregunta; podría ser más amable o exacta. "
                        "La enviaría tal cual."
                    ),
                },
                "5": {
                    "label": "Excelente",
                    "description": (
                        "Contesta justo a esto, con amabilidad y el paso siguiente. "
                        "Usted no lo haría mejor."
                    ),
                },
            },
        },
    },
}

RESOLVES: dict[str, Any] = {
    "key": "resolves",
    "kind": "yes_no",
    "subject": "output",
    "prompt": "Does the reply settle the matter?",
    "help": "Yes, if the customer need not write again.",
    "required": True,
    "cannot_tell": True,
    "translations": {
        "de": {
            "prompt": "Erledigt die Antwort das Anliegen?",
            "help": "Ja, wenn man nicht noch einmal schreiben muss.",
        },
        "es": {
            "prompt": "¿Resuelve la respuesta el asunto?",
            "help": "Sí, si el cliente no tiene que volver a escribir.",
        },
    },
}


KETTLE = """\
- The kettle will not pair, or its app or firmware makes trouble: *Set up a connected device*. A
  kettle that leaks or stays cold is *Defect or warranty*.
"""
KETTLE_BEFORE = "- Job applications"
DEVICE_SET_UP: dict[str, Any] = {
    "key": "device_set_up",
    "parent": "products",
    "label": "Set up a connected device",
    "description": "Pairing, app or firmware of an article that goes online.",
    "synonyms": ["kettle app", "pairing", "firmware"],
}


def rubric() -> dict[str, Any]:
    """The rubric document: guidance, three criteria, and their wording in two more languages."""
    return {
        "name": "Support messages",
        "guidance": GUIDANCE,
        "criteria": [_intent_criterion(), REPLY_QUALITY, RESOLVES],
        "translations": {"de": {"guidance": GUIDANCE_DE}, "es": {"guidance": GUIDANCE_ES}},
    }


def next_rubric() -> dict[str, Any]:
    """What the lead is writing since the kettle came: one more intent, and a word about it."""
    document = rubric()
    document["guidance"] = GUIDANCE.replace(KETTLE_BEFORE, KETTLE + KETTLE_BEFORE)
    intent = document["criteria"][0]
    intent["taxonomy"] = {**intent["taxonomy"], "nodes": [*taxonomy_rows(), DEVICE_SET_UP]}
    return document


def taxonomy_rows() -> list[dict[str, Any]]:
    """The taxonomy as rows, parents first; the synonyms of all languages, so that search finds."""
    return [
        {
            "key": node.key,
            "parent": node.parent,
            **_wording(node, "en"),
            "synonyms": [word for words in node.synonyms.values() for word in words],
        }
        for node in taxonomy().values()
    ]


def _intent_criterion() -> dict[str, Any]:
    return {
        **INTENT,
        "taxonomy": {"name": "Support intents", "nodes": taxonomy_rows()},
        "translations": {
            language: {
                **INTENT["translations"][language],
                "options": {node.key: _wording(node, language) for node in taxonomy().values()},
            }
            for language in INTENT["translations"]
        },
    }


def _wording(node: Node, language: str) -> dict[str, str]:
    return {"label": node.label[language], "description": node.means[language]}
