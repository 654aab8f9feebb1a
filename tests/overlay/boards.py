"""Pictures of the supervisor's board: `board-STATE-WIDTH-SCHEME`."""

from __future__ import annotations

from pathlib import Path

from overlay.floor_stage import FloorStage
from playwright.async_api import Browser, Page, expect

from overlay import floors

HEIGHTS = {"390": 780, "1100": 800, "1440": 900, "1600": 900, "1920": 1080, "2560": 1440}
AGENTS = {"12": (12, 1), "50": (50, 4), "120": (120, 5), "500": (500, 10)}
STATES = (*AGENTS, "alert", "call", "trend", "settings", "invite", "login", "lost")
CHOSEN = (
    *("board-12-1440-light", "board-50-1920-dark", "board-500-2560-light", "board-alert-1440-dark"),
    *("board-call-1600-light", "board-trend-1440-light", "board-login-1440-light", "board-12-390-light"),
)


async def picture(browser: Browser, name: str, folder: Path) -> None:
    """Take the picture of this name."""
    _, state, width, scheme = name.split("-")
    async with FloorStage() as stage:
        floors.set_floor(stage, *AGENTS.get(state, (18, 2)))
        if state != "12":
            floors.handled(stage)
        for raised in stage.alerts.values():
            if raised.call is not None:
                stage.snapshots[raised.call] = floors.snapshot(int(raised.call.removeprefix("call-")))
        stage.trend = floors.trend()
        stage.oidc = True
        context = await browser.new_context(
            viewport={"width": int(width), "height": HEIGHTS[width]},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        if state == "login":
            await page.goto(stage.board)
            await expect(page.locator("#login-elsewhere")).to_be_visible()
        else:
            await page.goto(stage.address)
            await stage.joined(page)
            await page.mouse.click(int(width) // 2, 2)  # sounds are let out once something was pressed
            await pose(state, page, stage)
        await page.evaluate("new Promise((then) => requestAnimationFrame(() => setTimeout(then, 100)))")
        await page.screenshot(path=folder / f"{name}.png")
        await context.close()


async def pose(state: str, page: Page, stage: FloorStage) -> None:
    """Do what leads to `state`."""
    match state:
        case "alert":
            await page.get_by_role("button", name="Assign this alert").first.click()
            await page.get_by_role("button", name="Snooze this alert").nth(1).click()
        case "call":
            await page.locator(".card[data-level=middle] .card-open").click()
            await expect(page.locator("#call .line")).to_have_count(4)
            await page.get_by_role("button", name="Offer a call back today.").click()
        case "trend" | "settings" | "invite":
            await page.locator(f"#{state}-open").click()
            if state == "trend":
                await expect(page.locator("#trend .chart")).to_have_count(2)
        case "lost":
            await stage.go()
            await expect(page.locator("#floor")).to_have_attribute("data-stale", "true", timeout=15_000)
        case _:
            pass
