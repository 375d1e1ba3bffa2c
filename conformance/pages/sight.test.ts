// Pages for people who see or move differently: text of twice the size, colours of their own, no motion.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { addressesOf, addressesOfPortal } from './addresses.ts'
import { findBarriers, openContext, skipWithoutBrowser, watchPage } from './browser.ts'
import { openPage, shareOpenedPages } from './opened-pages.ts'
import { findPortalReaders, type PortalReaders } from './portal-readers.ts'
import { signIn, type Operator } from './served-pages.ts'

describe('pages for people who see or move differently', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  let readers: PortalReaders | undefined

  async function openTab(settings: BrowserContextOptions, reader: Operator, mount: '/console' | '/portal' = '/console') {
    const { browser, origin } = shared()
    const context = await openContext(browser, { theme: 'light', width: 1280 }, settings)
    context.setDefaultTimeout(15_000)
    const watched = await watchPage(context, origin, (text) => /40[14]/.test(text))
    await signIn(watched.tab, origin, reader, mount)
    watched.takeFaults()
    return { ...watched, context }
  }

  /** Opens every page of the console, and of the portal for a client. @param check the faults of a page @param only paths of pages */
  async function visitAll(
    settings: BrowserContextOptions,
    check: (tab: Page) => Promise<readonly string[]>,
    only?: readonly string[],
  ): Promise<string[]> {
    readers ??= await findPortalReaders(shared())
    const mounts = [
      { mount: '/console', reader: shared().owner, addresses: await addressesOf(shared().admin, readers.refusedRequest) },
      { mount: '/portal', reader: readers.integrator, addresses: addressesOfPortal(readers) },
    ] as const
    const found: string[] = []
    for (const { mount, reader, addresses } of mounts) {
      const { tab, context, takeFaults } = await openTab(settings, reader, mount)
      for (const { route, full } of addresses) {
        if (only?.includes(route) === false) continue
        await openPage(tab, shared().origin + full)
        found.push(...[...(await check(tab)), ...takeFaults()].map((fault) => `${route}: ${fault}`))
      }
      await context.close()
    }
    return found
  }

  test('at 200 % zoom no page scrolls sideways, nothing is cut off, and the main action is there', async () => {
    // A browser zooms by counting pixels of twice the size.
    const zoomed = { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }
    const found = await visitAll(zoomed, async (tab) => {
      const faults: string[] = await tab.evaluate(`(() => {
        const found = []
        const wide = document.documentElement.scrollWidth
        if (wide > innerWidth) found.push('scrolls sideways, ' + wide + ' px')
        const first = document.querySelector('.actions button, .actions a')
        if (first && first.getBoundingClientRect().right > innerWidth) found.push('the main action is outside')
        for (const element of document.querySelectorAll('main h1, main h2, main button, main a, main label')) {
          const { left, right, width } = element.getBoundingClientRect()
          if (width > 0 && element.checkVisibility() && !element.closest('.scroll, table, pre') && (left < 0 || right > innerWidth + 1))
            found.push('cut off: ' + element.textContent.trim().slice(0, 40))
        }
        return found
      })()`)
      return [...faults, ...(await findBarriers(tab))]
    })
    assert.deepEqual(found, [])
  })

  test('in a low window a long form scrolls between its title and its buttons', async () => {
    for (const viewport of [
      { width: 1280, height: 600 },
      { width: 360, height: 560 },
    ]) {
      const { tab, context, takeFaults } = await openTab({ viewport }, shared().owner)
      await openPage(tab, `${shared().origin}/console/nt24-idp/organizations`)
      await tab.getByRole('button', { name: 'New organization' }).click()
      const dialog = tab.getByRole('dialog')
      await dialog.getByLabel('Name', { exact: true }).waitFor()
      const isInSight = (role: 'heading' | 'button', name: string) =>
        dialog.getByRole(role, { name, exact: true }).evaluate((one) => {
          const { left, top, width, height } = one.getBoundingClientRect()
          return one.contains(document.elementFromPoint(left + width / 2, top + height / 2))
        })
      for (const by of [0, 9999]) {
        await dialog.evaluate((one, to) => one.scrollTo(0, to), by)
        for (const [role, name] of [
          ['heading', 'New organization'],
          ['button', 'Make the organization'],
        ] as const)
          assert.ok(await isInSight(role, name), `${name}, ${viewport.width} px, ${by}`)
      }
      assert.deepEqual(takeFaults(), [])
      await context.close()
    }
  })

  test('in forced colours chips, buttons, fields and the focus have a line, and plots keep their marks apart', async () => {
    const found = await visitAll({ forcedColors: 'active', colorScheme: 'dark' }, async (tab) => {
      await tab.keyboard.press('Tab')
      return tab.evaluate(`(() => {
        const found = []
        const hasLine = (style) => style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0
        for (const element of document.querySelectorAll('.chip, button:not(.bare), input:not([type=checkbox], [type=radio], [type=file]), select, textarea')) {
          if (element.checkVisibility() && !hasLine(getComputedStyle(element)))
            found.push('no line around ' + element.tagName.toLowerCase() + ' "' + element.textContent.trim().slice(0, 30) + '"')
        }
        const focus = document.activeElement
        if (focus && focus !== document.body && getComputedStyle(focus).outlineStyle === 'none') found.push('no line around the focus')
        const fills = new Set(['.mark-new', '.mark-old', '.mark-refused'].flatMap((mark) => {
          const drawn = document.querySelector(mark)
          return drawn ? [mark + ' ' + getComputedStyle(drawn).fill] : []
        }))
        const colours = new Set([...fills].map((fill) => fill.split(' ').slice(1).join(' ')))
        if (colours.size < fills.size) found.push('marks of one colour: ' + [...fills].join(', '))
        return found
      })()`)
    })
    assert.deepEqual(found, [])
  })

  test('who wants no motion sees none; for others nothing moves longer than 120 ms', async () => {
    const longest = (tab: Page): Promise<number> =>
      tab.evaluate(`Math.max(0, ...[...document.querySelectorAll('*')].flatMap((element) => {
        return [undefined, '::before', '::after', '::backdrop'].flatMap((part) => {
          const { transitionDuration, transitionProperty, animationDuration, animationName } = getComputedStyle(element, part)
          const seconds = (text) => Math.max(...text.split(',').map(parseFloat))
          return [transitionProperty === 'none' ? 0 : seconds(transitionDuration), animationName === 'none' ? 0 : seconds(animationDuration)]
        })
      }))`)
    // All pages have the same style sheets; these have plots, lists and chips.
    const only = ['/:realm', '/:realm/clients', '/:realm/rotation/:client', '/portal']
    for (const [reducedMotion, maxSeconds] of [
      ['reduce', 0],
      ['no-preference', 0.12],
    ] as const) {
      const check = async (tab: Page) => {
        const seconds = await longest(tab)
        return seconds <= maxSeconds ? [] : [`moves for ${seconds} s`]
      }
      const found = await visitAll({ reducedMotion }, check, only)
      assert.deepEqual(found, [], reducedMotion)
    }
    const { tab, context } = await openTab({ reducedMotion: 'reduce' }, shared().owner)
    await openPage(tab, `${shared().origin}/console/operators`)
    await tab.getByRole('button', { name: 'New operator' }).click()
    await tab.getByRole('dialog').waitFor()
    assert.equal(await longest(tab), 0, 'nor does a dialog')
    await context.close()
  })
})
