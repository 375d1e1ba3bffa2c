// What a person has set for this browser: theme, time zone, density, single-letter shortcuts.
import { effect, signal } from '@preact/signals'

const key = 'countersign-settings'

interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly zone: 'local' | 'utc'
  readonly density: 'usual' | 'compact'
  readonly shortcuts: boolean
}

const usual: Settings = { theme: 'system', zone: 'local', density: 'usual', shortcuts: true }

export const settings = signal<Settings>(load())
/** For Intl: undefined for the time zone of the browser. */
export const zone = signal<string | undefined>(undefined)

function load(): Settings {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Settings>) }
  } catch {
    return usual
  }
}

/** Once, when the page starts: keeps the settings, and puts those into the page that the style sheet reads. */
export function applySettings(): void {
  effect(() => {
    const { theme, density, zone: chosen } = settings.value
    zone.value = chosen === 'utc' ? 'UTC' : undefined
    const root = document.documentElement
    if (theme === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = theme
    root.dataset['density'] = density
    try {
      localStorage.setItem(key, JSON.stringify(settings.value))
    } catch {
      // A browser without storage forgets them with the page.
    }
  })
}
