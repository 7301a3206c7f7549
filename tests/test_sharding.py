"""A run in shards sends everything once and comes to the verdicts of the whole run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playing import collector

from conformance.contract.load import load_api
from conformance.generation.cases import Case, Corpus
from conformance.generation.effort import Effort
from conformance.merging import merged
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs
from conformance.sharding import Shard, shard_called, split
from conformance.storedreport import read
from conformance.usage import UsageTrouble

NOWHERE = "http://127.0.0.1:1"
OF = 3


def played(api, *deviations, shard=None, **how):
    """Return the report of a run, or of one shard of it, against the reference application in this process."""
    known = load_api(api)
    app = application(Settings(apis=(api,), deviations=deviations))
    groups = [f"{api}:{o.optional}" for o in known.operations if o.optional]
    url = NOWHERE + base_path(api)
    with runs([api], target=url, key=DEFAULT_KEY, configure=True, optional=groups, **how) as (run,):
        part = replace(run, shard=shard)
        return execute(part, {row.id for row in part.rows()}, collector=collector(app))[0]


def stored(tmp_path, *reports):
    """Write reports to files, and read them again."""
    found = []
    for number, report in enumerate(reports):
        path = tmp_path / f"{number}.json"
        path.write_text(json_report.text([report]), encoding="utf-8")
        found += read(path)
    return found


def broken(report):
    return {r.requirement.id: r.verdict for r in report.results if r.findings}


def shards(api, *deviations, **how):
    return [played(api, *deviations, shard=Shard(index, OF), **how) for index in range(1, OF + 1)]


def verdicts(report):
    return {result.requirement.id: (result.verdict, result.reason) for result in report.results}


@pytest.fixture(scope="module")
def parts():
    """The shards of one run of an API."""
    return shards("multi-llm")


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/9999", "1/3/4", "٣/٣", ""])
def test_what_is_no_shard_is_said(text):
    """A shard is i/n with 1 ≤ i ≤ n."""
    with pytest.raises(UsageTrouble, match="is no shard: it is written i/n"):
        shard_called(text)


def test_a_shard_is_read():
    """i/n is read as it is written again."""
    assert str(shard_called(" 2/3 ")) == "2/3"


@pytest.mark.parametrize("api", ["cloud-temple", "openai"])
def test_each_requirement_is_in_one_shard(api):
    """All requirements are there, none twice, and no shard has nothing to do."""
    with runs([api]) as (run,):
        owned = []
        for index in range(1, OF + 1):
            part = replace(run, shard=Shard(index, OF))
            owned.append({row.id for row in part.rows()})
    assert set.union(*owned) == {row.id for row in run.rows()}
    assert sum(map(len, owned)) == len(run.rows())
    assert all(owned)


def test_shards_cost_about_the_same():
    """The dearest probes are spread."""
    shown = {f"r{n}": {f"p{n % 10}", f"p{n % 7}"} for n in range(40)}
    costs = {f"p{n}": float(n + 1) for n in range(10)}
    parts = split(shown, costs, 2)
    sums = [sum(costs[p] for p in set().union(*(shown[row] for row in part))) for part in parts]
    assert max(sums) <= 1.2 * min(sums)
    assert parts == split(dict(reversed(shown.items())), costs, 2)


def test_each_generated_case_is_sent_by_one_shard():
    """The corpus is split by the digests of its cases, and each shard tells the digest of all."""
    cases = [Case("chat", "valid", number, "a label", f"script {number}", lambda _: iter(())) for number in range(60)]
    whole = Corpus(Effort.STANDARD, 0, tuple(cases))
    corpora = [whole.of_shard(Shard(index, OF).has) for index in range(1, OF + 1)]
    assert sorted(case.number for corpus in corpora for case in corpus.cases) == list(range(60))
    assert {corpus.digest for corpus in corpora} == {whole.digest}
    assert all(len(corpus.cases) > 60 / OF / 2 for corpus in corpora)
    assert {case.number for case in corpora[0].cases} == {
        case.number for case in Corpus(Effort.STANDARD, 0, tuple(reversed(cases))).of_shard(Shard(1, OF).has).cases
    }


@pytest.mark.parametrize("api", ["genos", "cloud-temple"])
def test_merged_shards_are_the_whole_run(api, tmp_path, faithful):
    """Verdicts and reasons are those of the run in one, and what was spent is added up."""
    found = shards(api)
    whole = merged(stored(tmp_path, *found))[0].report
    assert verdicts(whole) == verdicts(faithful(api))
    assert whole.exit_status == faithful(api).exit_status == 0
    assert whole.spent.requests == sum(part.spent.requests for part in found)
    assert whole.score.reached == faithful(api).score.reached
    assert [(o.name, o.offered) for o in whole.offers] == [(o.name, o.offered) for o in faithful(api).offers]


def test_a_merged_report_is_of_the_schema(tmp_path, parts):
    """What is merged can be read as a report again."""
    whole = merged(stored(tmp_path, *parts))[0]
    (again,) = stored(tmp_path, whole.report)
    assert again.verdict == "conformant"
    assert again.document["shard"] is None


@pytest.mark.parametrize(
    "deviation", ["chat-without-choices", "answer-usage-unequal", "chat-id-repeated", "characters-replaced"]
)
def test_a_broken_promise_is_broken_when_merged(deviation, tmp_path):
    """A deviation breaks the same requirements, whichever shard sees it."""
    whole = merged(stored(tmp_path, *shards("genos", deviation)))[0].report
    assert broken(whole) == broken(played("genos", deviation))
    assert whole.exit_status == 1
    assert all(finding.curl for result in whole.results for finding in result.findings)


def test_runs_are_not_mixed(tmp_path, parts):
    """Shards that are missing, doubled, of another run, or of none are refused."""
    one, two, three = stored(tmp_path, *parts)
    with pytest.raises(UsageTrouble, match="not all of the 3 shards of multi-llm are given: there is no 2"):
        merged([three, one])
    with pytest.raises(UsageTrouble, match="shard 1/3 of multi-llm is given more than once"):
        merged([one, two, three, one])
    other = json.loads(json.dumps(dict(two.document)))
    other["shard"]["run"] = "0" * 64
    with pytest.raises(UsageTrouble, match="are of several runs"):
        merged([one, replace(two, document=other), three])
    with pytest.raises(UsageTrouble, match="is of no shard"):
        merged([one, two, replace(three, document=dict(three.document) | {"shard": None})])
    with pytest.raises(UsageTrouble, match="another llm-conformance"):
        merged([replace(each, suite_version="9.9") for each in (one, two, three)])
    with pytest.raises(UsageTrouble, match="two shards judged"):
        merged([one, replace(one, document=dict(one.document) | {"shard": two.document["shard"]}), three])


@pytest.mark.parametrize("change", [{"seed": 1}, {"strict": True}, {"effort": Effort.STANDARD}, {"model": "other"}])
def test_runs_that_differ_have_other_digests(change):
    """Seed, flags, effort and model are in the digest; the port of a loopback target is not."""
    with runs(["genos"]) as (one,), runs(["genos"]) as (same,), runs(["genos"], **change) as (other,):
        assert one.target.base_url != same.target.base_url
        assert one.digest == same.digest != other.digest
