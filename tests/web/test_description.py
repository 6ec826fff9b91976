"""The OpenAPI description is true: a fuzzer that reads it finds no answer that it does not announce, and no crash."""

from typing import Any

import pytest

from greenscreen.web.description import describe
from greenscreen.web.fields import live_fields


def test_every_live_setting_is_described_with_its_bounds() -> None:
    fields = describe()["components"]["schemas"]["Settings"]["properties"]
    assert fields["zoom"]["minimum"] == 1
    assert fields["show"]["enum"][0] == "result"
    assert all(field["description"] for field in fields.values())
    assert not {"camera", "record", "model", "device"} & live_fields().keys()


def test_the_fuzzer_finds_nothing(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error

    monkeypatch.setattr("greenscreen.web.guard.BURST", 1e9)
    schema = schemathesis.openapi.from_url(f"{run.url}/openapi.json")
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=3,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def fuzz(case: Any) -> None:
            case.call_and_validate(checks=[not_a_server_error])

        fuzz()
        tried += 1
    assert tried >= 10
    assert run.well()
