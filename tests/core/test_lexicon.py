"""How a text is read: what it is, and what is only near to it."""

from __future__ import annotations

import pytest

from sttm_plugin.core.lexicon import ACCOSTO, COMPLEMENTO, DUBBIA, TESTA, UNITA, Lexicon
from sttm_plugin.core.pack import load_pack


@pytest.fixture(scope="module")
def lexicon():
    return Lexicon(load_pack())


def standing(lexicon, text):
    """{category: how its longest keyword stands} of a text."""
    found = [one for one in lexicon.read(text).found if one.speaks_for]
    found.sort(key=lambda one: one.keyword.punteggio)
    return {one.owner: one.standing for one in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Biblioteca del Politecnico", {"CUL.01": TESTA, "IST.02": COMPLEMENTO}),
        ("Biblioteca presso il municipio", {"CUL.01": TESTA, "LOC.11": COMPLEMENTO}),
        ("Ambulatorio c/o Biblioteca", {"LOC.06": TESTA, "CUL.01": COMPLEMENTO}),
        ("Farmacia Università", {"LOC.05": TESTA, "IST.02": COMPLEMENTO}),
        ("Museo e biblioteca", {"CUL.03": TESTA, "CUL.01": UNITA}),
        ("Museo, biblioteca", {"CUL.03": TESTA, "CUL.01": UNITA}),
        ("Galleria d'arte e biblioteca", {"CUL.03": TESTA, "CUL.01": UNITA}),
        ("Museo/Biblioteca", {"CUL.03": TESTA, "CUL.01": UNITA}),
        ("Biblioteca (museo)", {"CUL.01": TESTA, "CUL.03": ACCOSTO}),
        ("Biblioteca - Museo", {"CUL.01": TESTA, "CUL.03": ACCOSTO}),
        ("Residenza del museo", {"CUL.03": DUBBIA}),
        ("Del museo", {"CUL.03": DUBBIA}),
        ("Ex museo", {"CUL.03": DUBBIA}),
        ("Mensa museo", {"CUL.03": DUBBIA}),
        ('Istituto "Il museo"', {"CUL.03": DUBBIA}),
        ("Nuova sede del museo", {"CUL.03": TESTA}),
        ("Ampliamento e adeguamento sismico del museo", {"CUL.03": TESTA}),
        ("Istituto Rossi - Museo", {"CUL.03": TESTA}),
        ("Via Rossi, 12 lato nord altezza museo", {"CUL.03": DUBBIA}),
        ("Via Rossi, 12 lato nord ingresso museo", {"CUL.03": DUBBIA}),
        ("Museo Bianchi. Biblioteca Rossi", {"CUL.03": TESTA, "CUL.01": ACCOSTO}),
    ],
)
def test_the_head_is_told_from_what_stands_beside_it(lexicon, text, expected):
    assert standing(lexicon, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Via Museo",
        "via del Museo 3",
        "Viale alla Biblioteca",
        "P.zza Mercato",
        "Piazzale Damiano Chiesa",
        "Don Chiesa",
        "G. Chiesa",
        "P.za Mercato",
        "V.le Stazione 3",
        "L.go Museo",
        "Galleria Duomo",
        "Viale Zara, 118",
        "Centro aperto A. Chiesa",
    ],
)
def test_names_of_streets_and_of_people_speak_for_nothing(lexicon, text):
    assert standing(lexicon, text) == {}


def test_a_word_cut_short_does_not_end_a_sentence(lexicon):
    cut = lexicon.words_of("Scuola second. Biblioteca")[1]
    whole = lexicon.words_of("Scuola secondaria. Biblioteca")[1]

    assert {group for group, _ in cut} == {0}
    assert [group for group, _ in whole] == [0, 0, 1]


def test_a_service_after_the_name_of_a_street_still_speaks(lexicon):
    assert standing(lexicon, "Via Verdi - biblioteca") == {"CUL.01": TESTA}
    assert standing(lexicon, "Frazione Rossi centro sportivo") == {"SPO.01": TESTA}


@pytest.mark.parametrize(
    "text",
    [
        # A street that goes on, or says in brackets what it is near to.
        "Via Verdi, 136 biblioteca comunale",
        "Viale Verdi biblioteca comunale",
        "V.le Turchia (biblioteca comunale)",
        # A shop, before or, as in English, after.
        "Nuova trattoria biblioteca",
        "Trattoria Biblioteca comunale",
        "Biblioteca Bar",
        "Biblioteca Rossi Hotel",
        "Ex sede della biblioteca",
        "Ex area biblioteca",
        "Vecchia biblioteca",
        "Già biblioteca",
        'Gabbiano "Biblioteca comunale"',
        "Parco tra la biblioteca",
    ],
)
def test_what_only_names_a_service_is_doubtful(lexicon, text):
    assert standing(lexicon, text)["CUL.01"] in (DUBBIA, COMPLEMENTO)


@pytest.mark.parametrize(
    "text",
    [
        "Biblioteca con bar",
        "Biblioteca e bar",
        "Biblioteca del bar",
        "Biblioteca - Bar",
        'Fondazione "Biblioteca comunale"',
        "Grande biblioteca",
        "Bar e biblioteca",
        "Biblioteca e sala bar",
        "Trattoria Verdi - Biblioteca comunale",
    ],
)
def test_a_shop_that_a_service_has_does_not_make_it_a_shop(lexicon, text):
    assert standing(lexicon, text)["CUL.01"] == TESTA


def test_what_follows_a_street_heads_nothing_even_after_another_doubt(lexicon):
    found = standing(lexicon, "Via Verdi (Parcheggio Municipio)")

    assert found == {"LOC.08": DUBBIA, "LOC.11": DUBBIA}


def test_a_number_that_numbers_the_text_is_no_service(lexicon):
    assert standing(lexicon, "118 Otto Novembre") == {}
    assert standing(lexicon, "118") == {"EXT.04": TESTA}
    assert standing(lexicon, "Centrale operativa 118")["EXT.04"] == TESTA


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I.C. A. Manzoni", "istituto comprensivo a manzoni"),
        ("IC Via Roma", "istituto comprensivo via roma"),
        ("I. T. I. S. Cannizzaro", "itis cannizzaro"),
        ("S.M.S. Dante", "scuola media statale dante"),
        ("VV.F. distaccamento", "vigili del fuoco distaccamento"),
        ("Stazione CC", "stazione carabinieri"),
        ("Bibl. com.", "biblioteca comunale"),
        ("Sc. Mat. statale", "scuola materna statale"),
        ("c/o Osp. Civile", "presso ospedale civile"),
        ("2° grado", "2 grado"),
    ],
)
def test_abbreviations_are_spelt_out(lexicon, text, words):
    assert " ".join(lexicon.read(text).words).lower() == words


def test_an_abbreviation_of_the_beginning_counts_only_there(lexicon):
    assert "presidio" in lexicon.read("P.O. di Rho").words
    assert "presidio" not in lexicon.read("Rive del Po").words


def test_an_adjective_may_stand_inside_a_keyword(lexicon):
    assert standing(lexicon, "Scuola equiparata dell'infanzia") == {"LOC.02": TESTA}
    assert standing(lexicon, "Scuola Rossi dell'infanzia") == {}


def test_a_keyword_does_not_run_across_a_dash(lexicon):
    assert "IST.01" not in standing(lexicon, "Istituto - tecnico")
    assert standing(lexicon, "Istituto tecnico") == {"IST.01": TESTA}


def test_an_outline_is_read_as_the_text_is(lexicon):
    import random

    from sttm_plugin.core.taxonomy import _lexicon

    draw = random.Random(5)  # noqa: S311
    words = _lexicon(load_pack())
    listed = sorted(
        {word for found in lexicon.by_first.values() for e in found for word in e[0].tokens}
    )
    strange = [
        "Manzoni",
        "via",
        "ex",
        "12",
        "118",
        "i.t.i.s.",
        '"Besta"',
        "c/o",
        "s.",
        "A.",
        "e",
        "7",
    ]
    changed = 0
    for _ in range(4000):
        chosen = [draw.choice(draw.choice((listed, strange))) for _ in range(draw.randrange(1, 7))]
        text = draw.choice((" ", " - ", ", ", " e ", "/", ". ")).join(chosen)
        (outline,) = lexicon.outlines([text])
        changed += outline != text
        assert words.match((outline,)) == words.match((text,)), text
    assert changed > 1000


def test_names_that_differ_in_strangers_and_numbers_have_one_outline(lexicon):
    names = ("Biblioteca San Carlo 12", "Biblioteca San Biagio 7351")
    assert len(set(lexicon.outlines(names))) == 1
    assert lexicon.outlines(["Biblioteca Papà 12"]) == ["Biblioteca Papà 12"]


def test_texts_are_outlined_together_as_they_are_one_by_one(lexicon):
    texts = ["Scuola 12", "", "Papà 7351", "via 45\n46", "Liceo Besta 118", "99", "Città\n88"]
    assert lexicon.outlines(texts) == [lexicon.outlines([text])[0] for text in texts]
    plain = [text for text in texts if "\n" not in text]
    assert lexicon.outlines(plain) == [lexicon.outlines([text])[0] for text in plain]
    assert lexicon.outlines([]) == []
