// Keys of the console. None changes anything. Letters work only while no field has the focus, and can be switched off (WCAG 2.1.4).
import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { isDialogOpen, openDialog } from '../shared/components/open-dialog.tsx'
import { hrefOf } from '../shared/links.tsx'
import { isInterrupted } from '../shared/session.ts'
import { settings } from '../shared/settings.ts'
import { openPalette } from './open-palette.ts'
import { useRealm } from './realm.ts'
import { commandOf, isTyping, placeOf, type KeyCommand } from './shortcut-keys.ts'

const chordMs = 1500

export function Shortcuts(): null {
  const { route } = useLocation()
  const realm = useRealm()
  const waiting = useRef<number>(undefined)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isInterrupted.value) return
      const isAfterG = waiting.current !== undefined && event.timeStamp - waiting.current < chordMs
      waiting.current = undefined
      const command = commandOf(event, { isAfterG, hasLetters: settings.value.shortcuts && !isTyping(event.target) })
      if (command === undefined || isDialogOpen()) return
      if (run(command, event)) event.preventDefault()
    }
    const run = (command: KeyCommand, event: KeyboardEvent): boolean => {
      switch (command.kind) {
        case 'palette':
          void openPalette()
          return true
        case 'help':
          void import('./help.tsx').then(({ Help }) => openDialog(() => <Help />)).catch(() => {}) // Only the keys are told there.
          return true
        case 'filter':
          return focus(document.querySelector('[data-filter]')) || (void openPalette(), true)
        case 'wait':
          waiting.current = event.timeStamp
          return true
        case 'go': {
          const to = placeOf(command.letter, realm)
          if (to !== undefined) route(hrefOf(to))
          return to !== undefined
        }
        case 'row':
          return focusRow(command.step, command.isArrow)
        case 'page':
          document.querySelector<HTMLElement>(`[data-page="${command.which}"]`)?.click()
          return true
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [realm, route])
  return null
}

function focus(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false
  element.focus()
  return true
}

/** Moves between the links that name the rows. Arrows do so only once one of them has the focus: otherwise they move the page. */
function focusRow(step: 1 | -1, isArrow: boolean): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('main tbody th a')]
  const at = links.findIndex((link) => link.closest('tr')?.contains(document.activeElement))
  if (links.length === 0 || (isArrow && at < 0)) return false
  return focus(links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)] ?? null)
}
