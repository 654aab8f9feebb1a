"""The main job from end to end: the installed wheel's demo, its page in a real browser, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from overlay.stage import chromium
from playwright.async_api import expect


def children_of(parent: int) -> set[int]:
    """The processes that descend from this one."""
    below: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            below |= {int(stat.parent.name), *children_of(int(stat.parent.name))}
    return below


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are counted in /proc, which only Linux has")
@pytest.mark.timeout(600)
async def test_the_demo_shows_its_nudge_and_leaves_nothing_behind(
    installed: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    async with chromium() as browser:
        demo = await asyncio.create_subprocess_exec(
            *(str(installed), "demo", "--headless", "--port", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env=clean_environment,
        )
        assert demo.stdout is not None
        assert demo.stderr is not None
        address = (await demo.stderr.readline()).decode().split()[-1]
        page = await browser.new_page(viewport={"width": 320, "height": 560})
        await page.goto(address)
        await page.wait_for_selector("#app[data-link=open]")
        assert "#t=" not in page.url
        await expect(page.locator("#words")).to_contain_text("no problem", timeout=60_000)
        await expect(page.locator("#nudge")).to_have_attribute("data-kind", "offer_alternative", timeout=150_000)
        await expect(page.locator("#praise")).not_to_be_empty(timeout=60_000)
        workers = children_of(demo.pid)
        printed, errors = await demo.communicate()
    assert demo.returncode == 0, errors.decode()
    assert workers
    assert not [pid for pid in workers if os.path.exists(f"/proc/{pid}")]  # noqa: ASYNC240, PTH110
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240
    said = printed.decode()
    assert len(re.findall(r" nudge +[◆●▲■]", said)) == 1
    assert "scorecard" in said
    assert "Traceback" not in errors.decode()
