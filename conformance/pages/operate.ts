// How a person operates a page: by the mouse, whose clicks are counted, or by the keyboard alone.
import type { Locator, Page } from 'playwright-core'

export interface Mouse {
  click(target: Locator): Promise<void>
  /** So far. */
  readonly clicks: number
}

export function useMouse(): Mouse {
  let clicks = 0
  return {
    async click(target) {
      await target.click()
      clicks++
    },
    get clicks() {
      return clicks
    },
  }
}

const maxSteps = 150

/** Presses Tab until the target has the focus, as a person without a mouse does. @throws Error if it never has */
export async function tabTo(tab: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let step = 0; step < maxSteps; step++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return
    await tab.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${String(target)}`)
}

export async function pressOn(tab: Page, target: Locator): Promise<void> {
  await tabTo(tab, target)
  await tab.keyboard.press('Enter')
}

export interface Hand {
  press(target: Locator): Promise<void>
  type(field: Locator, text: string): Promise<void>
}

/** One job is done the same way by either. */
export const hands: Readonly<Record<'mouse' | 'keyboard', (tab: Page) => Hand>> = {
  mouse: () => ({ press: (target) => target.click(), type: (field, text) => field.fill(text) }),
  keyboard: (tab) => ({
    press: (target) => pressOn(tab, target),
    async type(field, text) {
      await tabTo(tab, field)
      await tab.keyboard.type(text)
    },
  }),
}

/** As a person does who has copied it elsewhere. */
export async function putOnClipboard(tab: Page, text: string): Promise<void> {
  await tab.evaluate((copied) => navigator.clipboard.writeText(copied), text)
}

export function readClipboard(tab: Page): Promise<string> {
  return tab.evaluate(() => navigator.clipboard.readText())
}

export async function openPalette(tab: Page): Promise<void> {
  await tab.keyboard.press('Control+K')
  await tab.getByRole('dialog').getByRole('combobox').waitFor()
}
