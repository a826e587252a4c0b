"""The closing line of the checks: a layer without tests, or with a failure, is never a success."""

from __future__ import annotations

import pytest

from tools.count_tests import LAYERS, main


def report(folder, layer, tests, failures=0, skipped=0):
    folder.joinpath(f"{layer}.xml").write_text(
        f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="0" '
        f'skipped="{skipped}"/></testsuites>',
        encoding="utf-8",
    )


def test_four_layers_that_pass_are_a_success(tmp_path, capsys):
    for layer in LAYERS:
        report(tmp_path, layer, tests=3, skipped=1)
    assert main(tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "8 passed, 0 failed, 4 skipped"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_whose_tests_were_all_skipped_is_a_failure(tmp_path, capsys, layer):
    for each in LAYERS:
        report(tmp_path, each, tests=2, skipped=2 if each == layer else 0)
    assert main(tmp_path) == 1
    assert f"No test ran in: {layer}" in capsys.readouterr().out


def test_a_layer_without_a_report_is_a_failure(tmp_path, capsys):
    for layer in LAYERS[1:]:
        report(tmp_path, layer, tests=1)
    assert main(tmp_path) == 1
    assert "No test ran in: core" in capsys.readouterr().out


def test_a_failed_test_is_a_failure(tmp_path, capsys):
    for layer in LAYERS:
        report(tmp_path, layer, tests=2, failures=1 if layer == "gui" else 0)
    assert main(tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 1 failed, 0 skipped"
