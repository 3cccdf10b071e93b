"""The doctor compares the domain's routes with `s.prod.yaml`: `s deploy` never changes a route."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun import FakeCloud
from local.roles import LOCAL_VALUES, RAM_FOLDER
from ops.doctor.command import main
from tests.ops.doctor.test_deployed_functions import Compute
from tests.support.doctor_target import DoctorRun, DoctorTarget

DOMAIN = "vod.example.com"
PATHS = {"upload": "/upload", "refresh": "/refresh", "play": "/play", "sts": "/sts"}


@pytest.fixture(scope="module")
def compute_cloud() -> Iterator[FakeCloud]:
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES, allow_deploy=True) as cloud:
        yield cloud


@pytest.fixture
def document(target: DoctorTarget) -> dict[str, Any]:
    """What `s preview -t s.prod.yaml` renders, as far as routes go."""
    changed = copy.deepcopy(target.document)
    for name, path in {**PATHS, "events": "/events/*"}.items():
        route: dict[str, Any] = {"path": path}
        if name == "events":
            route["methods"] = ["POST"]
        changed["resources"][name]["props"]["customDomain"] = {
            "domainName": DOMAIN,
            "protocol": "HTTPS",
            "route": route,
        }
    return changed


class Domain:
    """The domain in a Function Compute that has the functions."""

    def __init__(self, compute: Compute, document: dict[str, Any]) -> None:
        self.compute = compute
        self.routes: dict[str, dict[str, Any]] = {}
        for resource in document["resources"].values():
            props = resource["props"]
            if "customDomain" in props:
                route = props["customDomain"]["route"]
                self.routes[route["path"]] = {**route, "functionName": props["functionName"]}
        self.create()

    def create(self) -> None:
        self.compute.client.create_custom_domain(
            models.CreateCustomDomainRequest(
                body=models.CreateCustomDomainInput(
                    domain_name=DOMAIN, protocol="HTTP", route_config=self.config()
                )
            )
        )

    def config(self) -> models.RouteConfig:
        return models.RouteConfig().from_map({"routes": list(self.routes.values())})

    def update(self) -> None:
        self.compute.client.update_custom_domain(
            DOMAIN,
            models.UpdateCustomDomainRequest(
                body=models.UpdateCustomDomainInput(route_config=self.config())
            ),
        )

    def set(self, path: str, **settings: Any) -> None:
        """Change a route behind the API, for settings that the fake does not accept."""
        known = self.compute.cloud.fc.account.domains
        routes = [
            {**one, **settings} if one["path"] == path else one for one in known[DOMAIN].routes
        ]
        known[DOMAIN] = replace(known[DOMAIN], routes=tuple(routes))


@pytest.fixture
def domain(compute_cloud: FakeCloud, document: dict[str, Any]) -> Domain:
    compute_cloud.reset()
    return Domain(Compute(compute_cloud, document), document)


def run(target: DoctorTarget, domain: Domain, document: dict[str, Any], **more: Any) -> DoctorRun:
    endpoint = domain.compute.cloud.endpoint
    return target.check("--fc-endpoint", endpoint, document=document, **more)


def test_routes_as_they_were_rendered(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    found = run(target, domain, document)
    assert not {code for code in found.codes if code.startswith(("route", "domain"))}
    assert DOMAIN in {one["subject"] for one in found.report["sound"]}


def test_methods_that_s_deploy_did_not_change(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    document["resources"]["events"]["props"]["customDomain"]["route"]["methods"] = ["POST", "PUT"]
    domain.routes["/play"]["methods"] = ["GET"]
    domain.update()
    found = run(target, domain, document).report["findings"]
    told = {one["subject"]: one["what"] for one in found if one["code"] == "route-differs"}
    assert told == {
        f"{DOMAIN}/events/*": "It accepts POST, not POST, PUT.",
        f"{DOMAIN}/play": "It accepts GET, not every method.",
    }
    [fix] = {one["mend"] for one in found if one["subject"] == f"{DOMAIN}/play"}
    assert fix.startswith("Remove the route /play:")
    assert "s deploy" in fix


def test_the_order_of_methods_does_not_matter(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    document["resources"]["play"]["props"]["customDomain"]["route"]["methods"] = ["post", "GET"]
    domain.routes["/play"]["methods"] = ["GET", "POST"]
    domain.update()
    assert "route-differs" not in run(target, domain, document).codes


def test_all_methods_by_name_are_every_method(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    every = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]
    domain.set("/play", methods=every)
    assert "route-differs" not in run(target, domain, document).codes
    domain.set("/play", methods=every[1:])
    assert "route-differs" in run(target, domain, document).codes


def test_a_qualifier_and_a_rewrite(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    domain.set("/upload", qualifier="live")
    rule = {"match": "/refresh", "replacement": "/play"}
    domain.set("/refresh", rewriteConfig={"equalRules": [rule]})
    found = run(target, domain, document).report["findings"]
    told = {one["subject"]: one["what"] for one in found if one["code"] == "route-differs"}
    assert told == {
        f"{DOMAIN}/upload": "Its qualifier is live, not LATEST.",
        f"{DOMAIN}/refresh": "It rewrites paths by other rules.",
    }
    wanted = document["resources"]["refresh"]["props"]["customDomain"]["route"]
    wanted["rewriteConfig"] = {"equalRules": [rule]}
    found = run(target, domain, document).report["findings"]
    assert [one["subject"] for one in found if one["code"] == "route-differs"] == [
        f"{DOMAIN}/upload"
    ]


def test_routes_that_all_lead_to_an_alias_of_the_deployment(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    for path in domain.routes:
        domain.set(path, qualifier="blue")
    assert "route-differs" not in run(target, domain, document).codes
    domain.set("/play", qualifier="green")
    found = run(target, domain, document).report["findings"]
    assert {one["subject"] for one in found if one["code"] == "route-differs"} == {
        f"{DOMAIN}{path}" for path in domain.routes
    }


def test_a_path_that_leads_to_another_function(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    domain.routes["/sts"]["functionName"] = "vodpass-play"
    domain.update()
    finding = run(target, domain, document).found("route-differs")
    assert finding["what"] == "It leads to vodpass-play, not to vodpass-sts."


def test_routes_that_are_absent_or_further(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    domain.routes["/old"] = {"path": "/old", "functionName": "vodpass-play"}
    del domain.routes["/refresh"]
    domain.update()
    found = run(target, domain, document)
    assert found.found("route-absent")["subject"] == f"{DOMAIN}/refresh"
    extra = found.found("route-extra")
    assert (extra["subject"], extra["severity"]) == (f"{DOMAIN}/old", "warning")


def test_a_domain_that_is_absent(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    domain.compute.client.delete_custom_domain(DOMAIN)
    assert run(target, domain, document).found("domain-absent")["subject"] == DOMAIN


def test_a_key_that_may_not_read_the_domain(
    target: DoctorTarget, domain: Domain, document: dict[str, Any]
) -> None:
    statement = {"Effect": "Allow", "Action": ["fc:GetFunction", "fc:List*"], "Resource": "*"}
    cloud = domain.compute.cloud
    key = cloud.ram.add_user("reader", {"Version": "1", "Statement": [statement]})
    target.stack.cloud.identities.add_access_key(key)
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    found = run(target, domain, document, environment=environment)
    said = {one["subject"]: one["text"] for one in found.report["not_checked"]}
    assert said[DOMAIN].startswith("its routes: this key may not read them")


def test_settings_of_the_process_know_no_routes(
    target: DoctorTarget, domain: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    variables: dict[str, str] = {}
    for resource in target.document["resources"].values():
        variables |= resource["props"]["environmentVariables"]
    given = ["--settings", "env", "--endpoint", target.stack.cloud.endpoint]
    main(given, {**target.environment, **variables})
    assert "routes: those of a custom domain" in capsys.readouterr().out
