"""compose.yaml: what it says agrees with the program, the Dockerfile and the site file. No engine is needed for that."""

import ipaddress
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml

from app.__main__ import main
from app.asterisk.bundle import ensure
from app.settings import Settings
from metrics.dashboards.files import documents
from tests.support.compose import REPOSITORY, make_secrets
from tests.support.compose import composed as compose_config
from tests.support.databases import POSTGRESQL
from tests.support.prometheus import METRICS, configuration, promtool

pytestmark = pytest.mark.acceptance

SITE: Final = REPOSITORY / "app/site/examples/compose.yaml"

Service = dict[str, Any]


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The file, with merged keys resolved."""
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    composed: dict[str, Any] = yaml.safe_load(text)
    return composed


@pytest.fixture
def services(composed: dict[str, Any]) -> dict[str, Service]:
    """Name -> service."""
    services: dict[str, Service] = composed["services"]
    return services


@pytest.fixture
def asterisk_of_site() -> dict[str, Any]:
    """What the site file of the example says of Asterisk."""
    section: dict[str, Any] = yaml.safe_load(SITE.read_text(encoding="utf-8"))["asterisk"]
    return section


def _dockerfile() -> str:
    return (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def test_every_target_is_one_of_the_dockerfile(services: dict[str, Service]) -> None:
    """A misspelt one would be found at the first start only."""
    targets = {service["build"]["target"] for service in services.values() if "build" in service}
    assert targets <= set(re.findall(r"^FROM .* AS (\w+)$", _dockerfile(), re.MULTILINE))


def test_every_variable_is_a_setting(services: dict[str, Service]) -> None:
    """In the compose file and in the image. Settings that nobody knows are ignored in silence."""
    known = {f"THIRDRING_{name.upper()}" for name in Settings.model_fields} | {"THIRDRING_CACHE"}
    named = {name for service in services.values() for name in service.get("environment", {})}
    in_image = set(re.findall(r"\b(THIRDRING_\w+)=", _dockerfile()))
    assert {name for name in named if name.startswith("THIRDRING_")} | in_image <= known


def test_nothing_is_published_beyond_this_machine(services: dict[str, Service]) -> None:
    """Each port names the loopback address."""
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_ari_and_the_database_are_on_a_network_without_a_way_out(
    composed: dict[str, Any], services: dict[str, Service]
) -> None:
    """And the database on no other."""
    assert composed["networks"]["control"]["internal"] is True
    assert services["database"]["networks"] == ["control"]


def test_who_is_waited_for_has_a_health_check_or_ends(services: dict[str, Service]) -> None:
    """`service_healthy` waits for ever without one."""
    stages = dict(re.findall(r"(?ms)^FROM [^\n]* AS (\w+)$(.*?)(?=^FROM|\Z)", _dockerfile()))
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            other = services[name]
            if wanted["condition"] == "service_healthy":
                stage = stages.get(other.get("build", {}).get("target"), "")
                assert "healthcheck" in other or "HEALTHCHECK" in stage, name
            else:
                assert other["restart"] == "no", name


def test_what_is_mounted_or_read_is_declared(composed: dict[str, Any], services: dict[str, Service]) -> None:
    """Volumes, networks and secrets; and nothing is declared in vain."""
    sources = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    files = {name for name in sources if name.startswith("./")}
    assert all((REPOSITORY / name).exists() for name in files)
    assert {name for name in sources - files if not name.startswith("$")} == set(composed["volumes"])
    assert {name for it in services.values() for name in it.get("networks", [])} == set(composed["networks"])
    assert {name for it in services.values() for name in it.get("secrets", [])} == set(composed["secrets"])


def test_the_programs_run_without_rights_on_a_file_system_that_they_cannot_change(
    services: dict[str, Service],
) -> None:
    """PostgreSQL's image begins as root to own its files: it is left alone."""
    for name in ("thirdring", "configuration", "asterisk", "prometheus", "grafana"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_the_site_file_points_to_the_asterisk_of_the_composition(
    services: dict[str, Service], asterisk_of_site: dict[str, Any]
) -> None:
    """By its service's name; SIP and sound are published where the site file has them."""
    assert urlsplit(asterisk_of_site["url"]).hostname in services
    first, last = str(asterisk_of_site["rtp_ports"]).split("-")
    sip = asterisk_of_site["sip_port"]
    assert services["asterisk"]["ports"] == [
        f"127.0.0.1:{sip}:{sip}/udp",
        f"127.0.0.1:{first}-{last}:{first}-{last}/udp",
    ]


def test_the_health_check_of_the_database_is_a_program_of_postgresql(services: dict[str, Service]) -> None:
    """The images' own are run in test_image.py."""
    kind, program, *_ = services["database"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert list(ensure(POSTGRESQL).glob(f"usr/lib/postgresql/*/bin/{program}"))


def test_the_published_rest_port_is_the_one_of_the_image(services: dict[str, Service]) -> None:
    """The image sets it."""
    (port,) = re.findall(r"THIRDRING_PORT=(\d+)", _dockerfile())
    assert services["thirdring"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_make_secrets_makes_every_secret_that_the_composition_reads(
    composed: dict[str, Any], tmp_path: Path
) -> None:
    """Once: a second run changes none."""
    secrets = make_secrets(tmp_path)
    assert {secret["file"] for secret in composed["secrets"].values()} == set(secrets)
    assert make_secrets(tmp_path) == secrets


def test_the_database_address_is_read_from_its_secret(
    composed: dict[str, Any],
    services: dict[str, Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the user, the database and the password that PostgreSQL is started with."""
    secrets = make_secrets(tmp_path)
    assert "thirdring_database_url" in services["thirdring"]["secrets"]
    monkeypatch.setitem(Settings.model_config, "secrets_dir", tmp_path / "var/secrets")
    monkeypatch.delenv("THIRDRING_DATABASE_URL", raising=False)
    url = Settings().database_url
    assert url is not None
    parts = urlsplit(url.get_secret_value())
    started_with = services["database"]["environment"]
    assert (parts.username, parts.path) == (
        started_with["POSTGRES_USER"],
        f"/{started_with['POSTGRES_DB']}",
    )
    assert parts.password == secrets[composed["secrets"]["database_password"]["file"]].strip()
    assert parts.hostname in services


def test_the_configuration_that_it_writes_lets_the_service_in_and_nobody_else(
    composed: dict[str, Any], services: dict[str, Service], tmp_path: Path
) -> None:
    """The composition's own command, with its own site file and secret."""
    make_secrets(tmp_path)
    site = tmp_path / "site.yaml"
    text = SITE.read_text(encoding="utf-8")
    site.write_text(text.replace("/run/secrets/", f"{tmp_path}/var/secrets/"), encoding="utf-8")
    command, *options = [option.replace("/etc/asterisk", f"{tmp_path}/etc") for option in _command(services)]
    assert main([command, f"--site={site}", f"--data={tmp_path}/data", *options]) == 0
    network = ipaddress.ip_network(composed["networks"]["control"]["ipam"]["config"][0]["subnet"])
    address = services["asterisk"]["networks"]["control"]["ipv4_address"]
    assert ipaddress.ip_address(address) in network
    assert f"bindaddr = {address}\n" in (tmp_path / "etc/http.conf").read_text()
    permits = re.findall(r"^permit = (.*)$", (tmp_path / "etc/ari.conf").read_text(), re.MULTILINE)
    assert permits == [str(network)]


# --- Prometheus and Grafana ------------------------------------------------------------------------------------------


def test_docker_compose_itself_understands_the_file() -> None:
    """Without an engine: names, references, types."""
    assert set(compose_config(REPOSITORY / "compose.yaml")["services"]) == {
        "thirdring",
        "asterisk",
        "database",
        "prometheus",
        "grafana",
        "configuration",
    }


def test_images_of_others_have_a_version_of_their_own(services: dict[str, Service]) -> None:
    """The same file brings the same programs up tomorrow."""
    images = {service["image"] for service in services.values() if "build" not in service}
    assert len(images) == 3
    assert all(re.search(r":v?\d+\.\d+(\.\d+)?$", image) for image in images)


def test_prometheus_understands_what_it_is_given(services: dict[str, Service], tmp_path: Path) -> None:
    """By its own tool; and in the container the files lie where they name each other."""
    promtool("check", "config", str(configuration(tmp_path, target="127.0.0.1:8600", token="0123")))
    mounts = _mounts(services["prometheus"])
    assert mounts["./metrics/prometheus.yaml"] == "/etc/prometheus/prometheus.yaml"
    assert mounts["./metrics/rules"] == "/etc/prometheus/rules"
    assert "--config.file=/etc/prometheus/prometheus.yaml" in services["prometheus"]["command"]


def test_prometheus_reads_thirdring_with_the_token_that_thirdring_is_given(
    services: dict[str, Service],
) -> None:
    """One secret for both."""
    (job,) = yaml.safe_load((METRICS / "prometheus.yaml").read_text())["scrape_configs"]
    secret = job["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert secret in services["prometheus"]["secrets"]
    assert secret in services["thirdring"]["secrets"]
    assert secret.removeprefix("thirdring_") in Settings.model_fields
    assert job["static_configs"] == [{"targets": ["thirdring:8600"]}]
    assert set(services["prometheus"]["networks"]) & set(services["thirdring"]["networks"])


def test_grafana_asks_the_prometheus_of_the_composition(services: dict[str, Service]) -> None:
    """Every panel's data source is a Prometheus, and the only one is the default."""
    folder = _folder_at(services["grafana"], "/etc/grafana/provisioning/datasources")
    (source,) = yaml.safe_load((folder / "prometheus.yaml").read_text())["datasources"]
    url = urlsplit(source["url"])
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    assert services["prometheus"]["ports"] == [f"127.0.0.1:{url.port}:{url.port}"]
    assert url.hostname == "prometheus"
    interval = yaml.safe_load((METRICS / "prometheus.yaml").read_text())["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval


def test_grafana_finds_the_dashboards(services: dict[str, Service]) -> None:
    """Those that the code makes; the floor is the first page."""
    providers = _folder_at(services["grafana"], "/etc/grafana/provisioning/dashboards")
    (provider,) = yaml.safe_load((providers / "thirdring.yaml").read_text())["providers"]
    dashboards = _folder_at(services["grafana"], provider["options"]["path"])
    assert {file.name for file in dashboards.iterdir()} == set(documents())
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).parent == Path(provider["options"]["path"])
    assert (dashboards / Path(home).name).exists()


def test_the_admin_of_grafana_has_a_password_of_the_sites_own(services: dict[str, Service]) -> None:
    """Not the one that everybody knows."""
    path = services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"]
    assert path.removeprefix("/run/secrets/") in services["grafana"]["secrets"]


def _mounts(service: Service) -> dict[str, str]:
    """File or folder of the repository -> place in the container."""
    pairs = (volume.split(":") for volume in service["volumes"])
    return {source: place for source, place, *_ in pairs if source.startswith("./")}


def _folder_at(service: Service, place: str) -> Path:
    """The folder of the repository that the container sees there."""
    places = {there: source for source, there in _mounts(service).items()}
    return REPOSITORY / places[place]


def _command(services: dict[str, Service]) -> list[str]:
    command: list[str] = services["configuration"]["command"]
    return command
