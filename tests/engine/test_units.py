"""Findings of one training are fixed together or not at all."""

import json
from dataclasses import replace

import click

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.policy import by_default, chosen
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability, FileReport, Unit
from lrmigrate.options import Options
from lrmigrate.report import concise, text
from lrmigrate.report.json import render

TWO_WRITES = """\
import keras


def train(model, steps):
    opt = keras.optimizers.Adam(lr=0.1)
    model.compile(optimizer=opt, loss="mse")
    opt.lr = 0.01
    steps.optimizer.lr = 0.001
"""


def levels(report: FileReport) -> list[str]:
    return [finding.applicability.value for finding in report.findings]


def test_a_unit_is_as_safe_as_what_nobody_would_miss() -> None:
    report = by_default(check_text(TWO_WRITES))
    assert levels(report) == ["unsafe"] * 3
    assert fix_text(TWO_WRITES).after == TWO_WRITES


def test_one_write_is_safe() -> None:
    code = "import keras\n\nopt = keras.optimizers.Adam(lr=0.1)\nopt.lr = 0.01\n"
    assert levels(by_default(check_text(code))) == ["safe", "safe"]


def test_what_the_user_does_not_trust_holds_the_others_back() -> None:
    code = "from keras.optimizers import SGD\n\nopt = SGD(lr=0.1)\nopt.lr = 0.2\nprint(opt.lr)\n"
    report = check_text(code)
    assert levels(chosen(report, Options())) == ["safe"] * 3
    assert levels(chosen(report, Options(distrusted=frozenset({"LR302"})))) == ["unsafe"] * 3


def test_what_the_user_trusts_holds_nothing_back() -> None:
    report = check_text(TWO_WRITES.replace("lr=0.1", "0.1"))
    assert levels(chosen(report, Options())) == ["unsafe"] * 2
    assert levels(chosen(report, Options(trusted=frozenset({"LR302"})))) == ["safe"] * 2


def test_a_loud_member_holds_nothing_back() -> None:
    code = "from keras.optimizers import SGD\n\nopt = SGD(lr=0.1)\nopt.lr.read_value()\nopt.lr = 0.2\n"
    assert levels(by_default(check_text(code))) == ["safe", "manual", "safe"]


def test_units_of_other_optimizers() -> None:
    assert Unit((1,), unnoticed=True).meets(Unit((1, 2)))
    assert Unit().meets(Unit((1,)))
    assert not Unit((1,)).meets(Unit((2,)))


def test_reports_show_what_belongs_together() -> None:
    report = replace(by_default(check_text(TWO_WRITES)), path="a.py")
    assert concise.render([report]).count(" (together with line ") == 3
    assert "(together with line 5, line 8)" in concise.render([report])
    assert "  = together with line 7, line 8" in text.render([report])
    findings = json.loads(render([report]))["files"][0]["findings"]
    starts = [finding["start"] for finding in findings]
    assert [finding["together"] for finding in findings] == [
        [start for start in starts if start != own] for own in starts
    ]


def test_what_belongs_to_nothing_is_not_shown() -> None:
    code = "from keras.optimizers import SGD\n\nopt = SGD(0.1)\nopt.lr = 0.2\n"
    code += "other = SGD(lr=0.1)\nprint(other.lr)\n"
    assert "together" not in concise.render([by_default(check_text(code))])


def test_many_that_belong_together_are_counted() -> None:
    code = "from keras.optimizers import SGD\n\nopt = SGD(0.1)\n" + "opt.lr = 0.1\n" * 6
    said = click.unstyle(concise.render([by_default(check_text(code))])).splitlines()[0]
    assert said.endswith("(together with line 5, line 6, line 7 and 2 more)")
    assert {f.applicability for f in by_default(check_text(code)).findings} == {Applicability.SAFE}
