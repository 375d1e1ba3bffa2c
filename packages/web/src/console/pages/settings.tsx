// What a person sets for this browser.
import type { VNode } from 'preact'
import { Card } from '../../shared/components/card.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { settings } from '../../shared/settings.ts'

export const page = definePage({
  path: '/settings',
  title: 'Settings',
  data: () => ({}),
  view: () => (
    <Page title="Settings">
      <p class="soft">They are kept in this browser.</p>
      <Card>
        <div class="settings">
          <OneOf
            member="theme"
            legend="Colours"
            choices={[
              ['system', 'as the system'],
              ['light', 'light'],
              ['dark', 'dark'],
            ]}
          />
          <OneOf
            member="zone"
            legend="Times"
            choices={[
              ['local', `in the time zone of this browser (${Intl.DateTimeFormat().resolvedOptions().timeZone})`],
              ['utc', 'in UTC'],
            ]}
          />
          <OneOf
            member="density"
            legend="Rows of lists"
            choices={[
              ['usual', 'usual'],
              ['compact', 'compact'],
            ]}
          />
          <fieldset>
            <legend>Keys</legend>
            <label class="row">
              <input
                type="checkbox"
                checked={settings.value.shortcuts}
                onChange={({ currentTarget: { checked } }) => (settings.value = { ...settings.value, shortcuts: checked })}
              />
              Single letters move between pages and rows
            </label>
            <p class="small soft">
              <kbd>Ctrl K</kbd> works always; <kbd>?</kbd> shows all keys.
            </p>
          </fieldset>
        </div>
      </Card>
    </Page>
  ),
})

interface OneOfProps<Member extends 'theme' | 'zone' | 'density'> {
  readonly member: Member
  readonly legend: string
  readonly choices: readonly (readonly [value: (typeof settings.value)[Member], word: string])[]
}

function OneOf<Member extends 'theme' | 'zone' | 'density'>({ member, legend, choices }: OneOfProps<Member>): VNode {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {choices.map(([value, word]) => (
        <label class="row" key={value}>
          <input
            type="radio"
            name={member}
            checked={settings.value[member] === value}
            onChange={() => (settings.value = { ...settings.value, [member]: value })}
          />
          {word}
        </label>
      ))}
    </fieldset>
  )
}
