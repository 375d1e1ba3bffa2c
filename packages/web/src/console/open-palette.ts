// The palette is loaded when it is first opened.
import { announce } from '../shared/components/announcer.tsx'
import { isDialogOpen } from '../shared/components/open-dialog.tsx'
import { keepEarlyKeys } from './early-keys.ts'

/** Not over another dialog: something may be written there. */
export async function openPalette(opener?: HTMLElement): Promise<void> {
  if (isDialogOpen()) return
  const takeEarlyKeys = keepEarlyKeys()
  await import('./palette.tsx').then(
    ({ showPalette }) => {
      const early = takeEarlyKeys()
      // Unless it was asked for twice.
      if (!isDialogOpen()) showPalette(early, opener)
    },
    () => {
      takeEarlyKeys()
      announce('The search could not be loaded. The server was probably updated: load this page again.')
    },
  )
}
