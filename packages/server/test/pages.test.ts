// The pages that the server itself makes, in a browser: light and dark, on a phone and at a desk.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '@countersign/protocol'
import { findFaults, findFaultsOfPages, findOverflow, launchBrowser, openTab, skipWithoutBrowser } from './pages.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'

const skip = skipWithoutBrowser
const { realms, listen } = await startTestServerOnAnyStore({ nodes: 1 })
const { origin } = await listen()
const browser = skip === false ? await launchBrowser() : undefined

const { issuerPath } = realms.get('prod')!
const paths = ['/', issuerPath, '/problems', '/problems/insufficient-scope', '/nothing']

test(
  'fault 8.10: in a browser the pages keep to WCAG 2.2 AA, light and dark, fit a phone, and load nothing from elsewhere',
  { skip },
  async () => {
    assert.deepEqual(
      await findFaultsOfPages(
        browser!,
        paths.map((path) => origin + path),
      ),
      [],
    )
  },
)

test('the page of every problem fits a phone', { skip }, async () => {
  const complaints: string[] = []
  const tab = await openTab(browser!, { colorScheme: 'light', width: 360 }, complaints)
  for (const code of Object.keys(problems)) {
    await tab.goto(`${origin}/problems/${code}`)
    assert.deepEqual(await findOverflow(tab), [], code)
  }
  assert.deepEqual(complaints, [])
})

test('the pages have their colours in both themes, and targets for a finger on a phone', { skip }, async () => {
  for (const [colorScheme, ground] of [
    ['light', 'rgb(246, 247, 249)'],
    ['dark', 'rgb(14, 19, 25)'],
  ] as const) {
    const tab = await openTab(browser!, { colorScheme, width: 360 }, [])
    for (const path of paths) {
      await tab.goto(origin + path)
      assert.equal(
        await tab.locator('body').evaluate((body) => body.ownerDocument.defaultView.getComputedStyle(body).backgroundColor),
        ground,
        path,
      )
      for (const target of await tab.locator('.bar a, .crumbs a, .rows a, input').all())
        assert.ok((await target.boundingBox())!.height >= 44, `${path}: ${await target.textContent()}`)
    }
  }
})

test('a page with a fault is found', { skip }, async () => {
  const tab = await openTab(browser!, { colorScheme: 'light', width: 360 }, [])
  await tab.setContent('<html><title>Faults</title><main><p style="width: 500px; color: #999">A pale text<img src="data:,"></main>')
  const faults = (await findFaults(tab)).join()
  for (const fault of ['color-contrast', 'image-alt', 'html-has-lang', 'pixels wide']) assert.ok(faults.includes(fault), fault)
})

const complaints: string[] = []
const shown = async (text: string) => {
  const tab = await openTab(browser!, { colorScheme: 'light', width: 1280 }, complaints)
  await tab.goto(`${origin}/problems`)
  await tab.getByRole('searchbox', { name: 'Search' }).fill(text)
  const links = await tab.getByRole('main').getByRole('listitem').getByRole('link').all()
  return { tab, codes: await Promise.all(links.map(async (link) => (await link.getAttribute('href'))!.replace('/problems/', ''))) }
}

for (const [text, expected] of [
  ['error: invalid_client', ['invalid-client']],
  ['Requestor-ID malformed', ['requestor-id-malformed']],
  ['{"type":"https://auth.example.com/problems/dpa-missing","title":"The Data Processing', ['dpa-missing']],
  ['signatory', ['dpa-missing']],
  ['428', ['precondition-required']],
  ['no such words', []],
] as const) {
  test(`the search for ${text} shows ${expected.join(', ') || 'nothing, and says so'}`, { skip }, async () => {
    const { tab, codes } = await shown(text)
    assert.deepEqual(codes, expected)
    const status = await tab.getByRole('status').textContent()
    assert.match(status ?? '', expected.length === 0 ? /^No problem matches\./ : /^1 of \d+ problems$/)
    assert.deepEqual(complaints, [])
    await tab.context().close()
  })
}

test('the search is kept in the address, and Enter opens the only match', { skip }, async () => {
  const { tab } = await shown('signatory')
  await tab.reload()
  const field = tab.getByRole('searchbox', { name: 'Search' })
  assert.equal(await field.inputValue(), 'signatory')
  await field.press('Enter')
  await tab.waitForURL(`${origin}/problems/dpa-missing`)
  await tab.goBack()
  assert.equal(await field.inputValue(), 'signatory')
  await field.fill('')
  assert.equal(new URL(tab.url()).search, '')
  assert.deepEqual(complaints, [])
  await tab.context().close()
})

test('without a script the list is complete, and has no field that does nothing', { skip }, async () => {
  const context = await browser!.newContext({ javaScriptEnabled: false })
  const tab = await context.newPage()
  await tab.goto(`${origin}/problems`)
  assert.equal(await tab.getByRole('searchbox').count(), 0)
  assert.equal(await tab.getByRole('main').getByRole('listitem').count(), Object.keys(problems).length)
  await context.close()
})
