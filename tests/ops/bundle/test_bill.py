"""The bill of materials, and which licences may be shipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.bundle import bill
from ops.bundle.build import build
from ops.bundle.packages import Packages
from tests.support import sample_project as sample
from tests.support.runtimes import ANY


def test_a_bill_has_the_form_of_cyclonedx(sample_project: Path, tmp_path: Path) -> None:
    made = build(sample_project, ANY, tmp_path / "out")
    path = tmp_path / bill.NAME
    bill.write(path, made, "1.2.3")
    first = path.read_bytes()
    bill.write(path, reversed(made), "1.2.3")
    assert path.read_bytes() == first
    found = json.loads(first)
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.5", 1)
    about = found["metadata"]["component"]
    assert (about["type"], about["name"], about["version"]) == ("application", "vodpass", "1.2.3")
    one, two, package = found["components"]
    assert (one["name"], two["name"]) == ("one", "two")
    assert one["hashes"][0]["alg"] == "SHA-256"
    assert one["hashes"] != two["hashes"]
    assert (package["type"], package["purl"]) == ("library", "pkg:pypi/vodpass-sample@1.0")
    assert bill.licence_of(package) == ""
    references = [about["bom-ref"], *(each["bom-ref"] for each in found["components"])]
    graph = {each["ref"]: each["dependsOn"] for each in found["dependencies"]}
    assert list(graph) == references, "every component is in the graph once"
    assert graph[about["bom-ref"]] == [one["bom-ref"], two["bom-ref"]]
    assert graph[one["bom-ref"]] == [package["purl"]]
    assert graph[two["bom-ref"]] == []


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("License-Expression: MIT\n", "MIT"),
        ("License: Apache License 2.0\n", "Apache-2.0"),
        ("License: GPL-3.0\n", "GPL-3.0"),
        ("", ""),
    ],
)
def test_the_licence_comes_from_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, licence: str
) -> None:
    metadata = f"Metadata-Version: 2.4\nName: vodpass_sample\nVersion: 1.0\n{said}"
    packed = sample.wheel(
        tmp_path, files={"vodpass_sample-1.0.dist-info/METADATA": metadata.encode()}
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    project = sample.project(tmp_path / "project", sample.INDEX, packed)
    found = bill.bill(build(project, ANY, tmp_path / "out"), "1")
    assert bill.licence_of(found["components"][-1]) == licence
    assert bill.is_compatible(licence) is (licence in ("MIT", "Apache-2.0"))


@pytest.mark.parametrize(
    ("expression", "compatible"),
    [
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("Apache-2.0 AND MIT", True),
        ("MPL-2.0", True),
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("(MIT OR GPL-2.0-only) AND ISC", False),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
        ("OR", False),
    ],
)
def test_which_licences_may_be_shipped(expression: str, compatible: bool) -> None:
    assert bill.is_compatible(expression) is compatible


def test_every_locked_package_may_be_shipped(packages: Path, runtime: str) -> None:
    locked = Packages(packages, runtime).distributions
    assert len(locked) > 20
    refused = {one.name: one.licence for one in locked if not bill.is_compatible(one.licence)}
    assert refused == {}
