"""The README and the guides against the code: links, settings, refusals, endpoints, samples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from shared import errors
from shared.config.variables import VARIABLES

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    PROJECT / "README.md",
    PROJECT / "README.zh-CN.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "CHANGELOG.md",
    PROJECT / "SECURITY.md",
    PROJECT / "ram" / "README.md",
    *sorted((PROJECT / "clients").glob("*/README.md")),
    *sorted((PROJECT / "docs").rglob("*.md")),
]
API = PROJECT / "docs" / "api.md"
READ_BY_S = {
    name
    for path in PROJECT.glob("s*.yaml")
    for name in re.findall(r"env\('(VODPASS_\w+)'", path.read_text("utf-8"))
}
"""Variables that s.yaml, or a file that extends it, reads for a function or for itself."""


def text(page: Path) -> str:
    """A page's text."""
    return page.read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    without_code = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def refusals(kind: type[errors.Refusal] = errors.Refusal) -> set[tuple[int, str]]:
    """Status and Code of every refusal."""
    own = {(kind.status, kind.code)} if hasattr(kind, "code") else set()
    return own.union(*(refusals(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_variable_exists(page: Path) -> None:
    named = set(re.findall(r"\bVODPASS_[A-Z_]+[A-Z]\b", text(page)))
    assert named <= VARIABLES.keys() | READ_BY_S


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_path_of_the_repository_exists(page: Path) -> None:
    folders = "clients|functions|shared|fakealiyun|local|ops|ram|benchmarks|tests|docs"
    for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", text(page)):
        assert (PROJECT / path).exists(), path


def test_the_table_of_refusals_is_complete() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|", text(API), re.M)
    told = {(int(status), code) for status, codes in rows for code in re.findall(r"\w+", codes)}
    assert told == refusals()


def test_every_endpoint_that_is_deployed_is_described() -> None:
    described = set(re.findall(r"^\| `(?:GET|POST) /(\w+)` \|", text(API), re.M))
    resources = yaml.safe_load(text(PROJECT / "s.yaml"))["resources"]
    # Without triggers of its own a resource has the template's, which is HTTP.
    deployed = {
        name
        for name, resource in resources.items()
        if any(
            trigger["triggerType"] == "http"
            for trigger in resource["props"].get("triggers", [{"triggerType": "http"}])
        )
    }
    assert deployed <= described
    assert described <= {path.parent.name for path in PROJECT.glob("functions/*/index.py")}


@pytest.mark.parametrize(
    ("page", "picture"),
    [("README.md", "docs/page.webp"), ("README.zh-CN.md", "docs/page.zh.webp")],
)
def test_the_readme_shows_the_page_and_the_architecture(page: str, picture: str) -> None:
    """`make picture` photographs the page anew."""
    assert len(re.findall(rf"^!\[[^]]+\]\({picture}\)$", text(PROJECT / page), re.M)) == 1
    assert text(PROJECT / page).count("```mermaid\n") == 1
    content = (PROJECT / picture).read_bytes()
    assert (content[:4], content[8:12]) == (b"RIFF", b"WEBP")
    assert len(content) < 150_000


def test_the_readme_is_short() -> None:
    assert len(text(PROJECT / "README.md").splitlines()) < 150


def test_the_index_links_every_page() -> None:
    index = text(PROJECT / "docs" / "README.md")
    for page in (PROJECT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name}" in index, page.name
    clients = text(PROJECT / "docs" / "clients.md")
    for page in (PROJECT / "docs" / "clients").glob("*.md"):
        assert f"](clients/{page.name})" in clients, page.name
    decisions = PROJECT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", text(decisions / "README.md"))
    assert listed == sorted(page.name for page in decisions.glob("0*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_a_sample_shows_the_events_of_its_own_video(page: Path) -> None:
    """Other uploads go on beside a walk, so it filters by the VideoId that it got."""
    for block in re.findall(r"^```(?:bash|sh)\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if "_local/events" in line:
                assert "_local/events?subject=$VIDEO" in line
                assert "VIDEO=$(" in block
