// What the page of a client says at first sight.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

describe('the page of a client', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  test('a client that gets tokens and whose calls are refused is not called working', async () => {
    const { tab, takeFaults } = await shared().openTab()
    await openPage(tab, consoleAddress(shared(), `/${fullRealm}/clients/api-client-cobalt`))
    await tab.getByText(/[1-9]\d* refused requests in 24 hours, mostly: Agreement outdated$/).waitFor()
    await tab.getByText('gets tokens', { exact: true }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })
})
