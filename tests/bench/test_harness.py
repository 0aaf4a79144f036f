from __future__ import annotations

import json

import pytest

from tests.bench.harness import Row, as_json, as_table, benchmarks, faster, seconds, within


def test_a_module_with_a_run_is_a_benchmark_and_says_what_it_is_about():
    assert "interval" in benchmarks()["agreement"]
    assert "harness" not in benchmarks()


def test_json_has_the_conditions_first_and_one_object_per_row():
    rows = [Row("a case", 0.0, "s"), faster("another", 2.0, "the old way", 6.0)]
    first, *others = map(json.loads, as_json("agreement", rows))
    assert first["case"] == "conditions"
    assert {"python", "cores", "load", "database"} <= first["conditions"].keys()
    assert others == [
        {"bench": "agreement", "case": "a case", "value": 0.0, "unit": "s"},
        {
            "bench": "agreement",
            "case": "another",
            "value": 2.0,
            "unit": "s",
            "against": "the old way",
            "against_value": 6.0,
            "ratio": 3.0,
        },
    ]


def test_a_table_has_its_conditions_and_a_line_per_row():
    first, line, compared = as_table("agreement", [Row("a", 5, "s"), within("b", 5, "s", 10)])
    assert first.startswith("agreement: python")
    assert line.split() == ["a", "5", "s"]
    assert compared.endswith("10 limit (ratio 0.5)")


def test_the_first_run_is_not_counted():
    runs: list[int] = []
    assert seconds(lambda: runs.append(1), times=3) == pytest.approx(0, abs=0.01)
    assert len(runs) == 4
