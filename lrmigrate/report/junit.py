"""Findings as JUnit XML: a suite per file, a failed test case per finding.

A run without findings is one test case that passes, since programs that read test results take an empty
report for a broken run.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from lrmigrate.model import FileReport
from lrmigrate.report.places import Places, in_words
from lrmigrate.report.terminal import explained, place, printable


def render(reports: Sequence[FileReport]) -> str:
    """The XML text."""
    root = ET.Element("testsuites", name="lrmigrate")
    for report in reports:
        if report.findings or report.error:
            _suite(root, report)
    if not len(root):
        suite = ET.SubElement(root, "testsuite", name="lrmigrate")
        ET.SubElement(suite, "testcase", name="no findings", classname="lrmigrate", time="0")
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, report: FileReport) -> None:
    """The suite of one file."""
    path = printable(report.path)
    suite = ET.SubElement(root, "testsuite", name=path)
    if report.error:
        case = ET.SubElement(suite, "testcase", name="error", classname=path, time="0")
        ET.SubElement(case, "error", type="error", message=printable(report.error))
    places = Places(report)
    for finding in report.findings:
        region = places.region(finding)
        where = f"{finding.line}:{finding.column}"
        where = f"cell {finding.cell}:{where}" if finding.cell else where
        case = ET.SubElement(
            suite,
            "testcase",
            name=f"{finding.code} at {where}",
            classname=path,
            file=path,
            line=str(region.line),
            time="0",
        )
        message = printable(in_words(finding))
        failure = ET.SubElement(case, "failure", type=finding.code, message=message)
        failure.text = f"{place(report.path, finding)} {finding.code} {printable(finding.message)}"
        failure.text += "".join(f"\n{printable(text)}" for text in explained(finding))


def _count(element: ET.Element) -> None:
    """Say how many test cases there are, and how they ended."""
    for name, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        element.set(name, str(len(element.findall(f".//{path}"))))
    element.set("time", "0")
