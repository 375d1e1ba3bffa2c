// What a field says below itself.
import type { Field } from '@countersign/admin/forms'
import { controlOf, type Control } from './field-values.ts'

/** @param isChosen it is chosen, not written @returns what a field says below itself; empty where that is what its name says already. */
export function hintOf(field: Field, isChosen = false): string {
  const { words = '', of } = field
  const shown = (plain.find(([start]) => words.startsWith(start))?.[1] ?? words)
    .replace(/, in seconds(?=[;.,])/, '')
    .replace(/\bnull (?=for|if|removes)/, 'empty ')
    .replaceAll('`', '')
    .replace(/^Slug or/, 'Short name or')
    .replace(/^If true, (\w)/, (_start, first: string) => first.toUpperCase())
  const control = controlOf(field)
  const how = control === 'rows' ? `On each line: ${Object.keys(of?.members ?? {}).join(', ')}.` : howTo[control]
  return [saysNothing.test(words) ? '' : shown, isChosen ? '' : how].filter(Boolean).join(' ')
}

/** What the reference says in words of the configuration, by how it begins there. */
const plain = [
  ['Id of a partner.', 'A UUID in lower case: that of another system, or a new one.'],
  ['Client id; "api-client-', 'Its name when it asks for a token. Left empty, the server chooses one.'],
  ['Scopes that the client can request; ', 'What it can ask for. With none it gets those that the realm gives by default.'],
] as const

const howTo: { readonly [One in Control]?: string } = { lines: 'One a line.', pairs: 'One name=value a line.' }

const saysNothing =
  /^(?:(?:New|Full|Display) name|Name of (?:a|the) [\w ]+|Reason for the change; recorded in the audit log|Id of (?:a partner|the partner, name of[^.]+)|Version of the Data Processing Agreement|(?:Note to the provider|Answer to the integrator|Client that the scope)[^.]+)\.$/
