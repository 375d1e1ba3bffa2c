// Code of a page is loaded when a pointer or the focus reaches a link to it, and nothing else is.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage, shareOpenedPages, waitForPage } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

describe('the way to the next page', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const openOverview = async () => {
    const { tab } = await shared().openTab()
    await openPage(tab, consoleAddress(shared(), `/${fullRealm}`))
    await tab.waitForLoadState('load')
    const asked: string[] = []
    tab.on('request', (request) => {
      const { pathname } = new URL(request.url())
      // What the page reads again and again is no answer to a pointer.
      if (pathname.endsWith('.js') || pathname.endsWith('/partners')) asked.push(pathname)
    })
    const link = (name: string) => tab.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true })
    return { tab, link, codeOf: (name: string) => asked.filter((path) => path.includes(`/assets/${name}`)), asked }
  }

  test('a pointer over a link loads the code of its page, and reads nothing; the click reads, and loads no code', async () => {
    const { tab, link, codeOf, asked } = await openOverview()
    const loading = tab.waitForResponse((response) => response.url().includes('/assets/partners'))
    await link('Partners').hover()
    await (await loading).finished()
    assert.equal(codeOf('partners').length, 1)
    assert.deepEqual(
      asked.filter((path) => path.includes('/api/')),
      [],
    )
    const seen = asked.length
    await link('Partners').click()
    await waitForPage(tab)
    assert.deepEqual(
      asked.slice(seen).map((path) => path.split('/').at(-1)),
      ['partners'],
    )
  })

  test('so does the focus, once for all links to it', async () => {
    const { tab, link, codeOf } = await openOverview()
    const loading = tab.waitForResponse((response) => response.url().includes('/assets/keys'))
    await link('Signing keys').focus()
    await (await loading).finished()
    await link('Partners').focus()
    await link('Signing keys').focus()
    await link('Signing keys').hover()
    assert.equal(codeOf('keys').length, 1)
  })
})
