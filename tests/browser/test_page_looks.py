"""What every customer can read and reach: names, contrast, sizes, and text that stays text."""

import pytest
from chromium import PageAt
from playwright.async_api import Page, expect
from stand_in import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ATTACKS = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    "javascript:document.title='broken'",
    "https://a.example/\"><svg onload=document.title='broken'>",
]

# For each element with text of its own: the text, its colour against the first opaque ground
# below it, and the ratio WCAG asks of that size.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const mix = top.slice(0, 3).map((value, i) => value * top[3] + below[i] * (1 - top[3]));
    return [...mix, 1];
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(rgba(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const measure = (text, colour, element) => {
    const below = ground(element);
    const [a, b] = [light(over(rgba(colour), below)), light(below)].sort((x, y) => y - x);
    const style = getComputedStyle(element);
    const large = parseFloat(style.fontSize) >= 24;
    return {text, ratio: (a + 0.05) / (b + 0.05), wanted: large ? 3 : 4.5};
  };
  const found = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (!element.checkVisibility() || element.disabled) continue;
    const own = [...element.childNodes].filter((node) => node.nodeType === 3);
    const text = own.map((node) => node.data.trim()).join('');
    if (text) found.push(measure(text, getComputedStyle(element).color, element));
    if (element.placeholder) {
      const colour = getComputedStyle(element, '::placeholder').color;
      found.push(measure(element.placeholder, colour, element));
    }
  }
  return found;
}"""


async def full(desk: StandIn, page: Page) -> None:
    """Every kind of thing the page can show, at once."""
    desk.hear("oi", at="2025-03-04T22:10:00+00:00")
    desk.say("Posso ajudar?", buttons=["Horário", "Falar com uma pessoa"])
    desk.say("Aqui é a Marina: https://lua.example/ajuda", author="staff")
    desk.say("Veja https://lua.example/pedidos", buttons=["Sim, manter o horário combinado"])
    await expect(page.get_by_role("log").locator(".bubble")).to_have_count(4)
    desk.refuse = [422, 503, 503, 503, 503, 503]
    for text in ("recusada", "esperando"):
        await page.get_by_role("textbox").fill(text)
        await page.get_by_role("textbox").press("Enter")
    await expect(page.locator(".note")).to_have_count(2)
    desk.typing(True)
    await page.get_by_role("textbox").fill("x" * 4097)


async def test_roles_and_names_are_exact(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("log")).not_to_have_attribute("aria-busy", "true")
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_count(1)
    await expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(1)
    await expect(page.get_by_role("heading", name="Padaria Lua Cheia")).to_have_count(1)
    await expect(page).to_have_title("Padaria Lua Cheia")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_has_contrast(desk: StandIn, page_at: PageAt, scheme: str) -> None:
    page = await page_at(desk.url, color_scheme=scheme, reduced_motion="reduce")
    await expect(page.locator("#hello")).to_be_visible()
    seen = await page.evaluate(CONTRAST)
    await full(desk, page)
    seen += await page.evaluate(CONTRAST)

    assert len(seen) > 30
    assert [spot for spot in seen if spot["ratio"] < spot["wanted"]] == []
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = sum(int(part) for part in (await page.evaluate(ground))[4:-1].split(",")) < 200
    assert dark == (scheme == "dark")


async def test_nothing_leaves_a_small_phone_sideways(desk: StandIn, page_at: PageAt) -> None:
    desk.business = "Confeitaria e Padaria Artesanal Nossa Senhora da Boa Viagem Ltda."
    page = await page_at(desk.url, viewport={"width": 360, "height": 640})
    desk.say("W" * 300, buttons=["Rindfleischetikettierungsueberwachungsaufgabenuebertragung" * 2])
    desk.say("https://lua.example/" + "a" * 200)
    desk.hear("m" * 300)
    await expect(page.get_by_role("log").locator(".bubble")).to_have_count(3)
    await page.get_by_role("textbox").fill("linha\n" * 12)
    height = await page.get_by_role("textbox").evaluate("e => e.clientHeight")
    assert 120 < height <= 150  # it grows to five lines and scrolls from there

    wide = """() => [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return element.checkVisibility() && box.width > 1 && (box.right > 361 || box.left < -1);
    }).map((element) => element.className)"""
    assert await page.evaluate(wide) == []
    overflow = "document.documentElement.scrollWidth"
    assert await page.evaluate(overflow) <= 360
    scroller = "e => e.scrollWidth - e.clientWidth"
    assert await page.locator("#scroller").evaluate(scroller) == 0
    assert await page.get_by_role("button", name="Send").is_visible()


async def test_targets_are_large_enough_for_a_thumb(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url)
    await expect(page.locator("#hello")).to_be_visible()
    sizes = """() => [...document.querySelectorAll('button, textarea')]
      .filter((element) => element.checkVisibility())
      .map((element) => element.getBoundingClientRect())
      .map((box) => Math.min(box.width, box.height))"""
    first = await page.evaluate(sizes)
    await full(desk, page)
    second = await page.evaluate(sizes)
    assert len(first) == 5
    assert len(second) == 6
    assert min(first + second) >= 44


async def test_what_looks_like_markup_stays_text(desk: StandIn, page_at: PageAt) -> None:
    for attack in ATTACKS:
        desk.say(attack, buttons=[attack])
        desk.say(attack, author="staff")
    page = await page_at(desk.url)
    for attack in ATTACKS:
        await page.get_by_role("textbox").fill(attack)
        await page.get_by_role("textbox").press("Enter")
    bubbles = page.get_by_role("log").locator(".bubble")
    await expect(bubbles).to_have_text([a for a in ATTACKS for _ in (1, 2)] + ATTACKS)
    await expect(page.locator(".choice:not(#suggestions *)")).to_have_text(ATTACKS)
    inside = ".bubble :not(a), .choice *, #log img, #log script"
    await expect(page.locator(inside)).to_have_count(0)
    await expect(page).to_have_title("Padaria Lua Cheia")


async def test_the_name_of_the_business_stays_text(desk: StandIn, page_at: PageAt) -> None:
    desk.business = "<b>Lua</b> & Cia"
    page = await page_at(desk.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("<b>Lua</b> & Cia")


async def test_only_honest_https_addresses_become_links(desk: StandIn, page_at: PageAt) -> None:
    desk.say(
        "Veja (https://lua.example/a(b)), http://lua.example, https://lua@mau.example "
        "ou https://lua.example/pedidos?n=1&t=2."
    )
    desk.hear("eu digo https://lua.example")
    page = await page_at(desk.url)
    await expect(page.locator(".bubble")).to_have_count(2)
    links = page.locator(".bubble a")
    await expect(links).to_have_text(
        ["https://lua.example/a(b)", "https://lua.example/pedidos?n=1&t=2"]
    )
    assert await links.nth(1).get_attribute("href") == "https://lua.example/pedidos?n=1&t=2"
    assert "noopener" in (await links.nth(1).get_attribute("rel") or "")


async def test_a_right_to_left_text_runs_from_right_to_left(desk: StandIn, page_at: PageAt) -> None:
    desk.say("مرحبا بكم")
    page = await page_at(desk.url)
    bubble = page.locator(".bubble")
    await expect(bubble).to_have_attribute("dir", "auto")
    assert await bubble.evaluate("e => getComputedStyle(e).direction") == "rtl"


async def test_motion_stops_where_it_is_not_welcome(desk: StandIn, page_at: PageAt) -> None:
    page = await page_at(desk.url, reduced_motion="reduce")
    await full(desk, page)
    assert await page.evaluate("document.getAnimations().length") == 0
