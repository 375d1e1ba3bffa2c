// The keys, in a dialog (`?`).
import type { ComponentChildren, VNode } from 'preact'
import { Dialog } from '../shared/components/dialog.tsx'
import { closeDialog } from '../shared/components/open-dialog.tsx'
import { hrefOf } from '../shared/links.tsx'
import { settings } from '../shared/settings.ts'
import { places } from './shortcut-keys.ts'

export function Help(): VNode {
  return (
    <Dialog title="Keys">
      <div class="body">
        <dl>
          <Keys keys={['Ctrl K']}>search or jump to a page</Keys>
          <Keys keys={['/']}>filter the list</Keys>
          <Keys keys={['j', 'k']}>next and previous row; arrows, once a row has the focus</Keys>
          <Keys keys={['Enter']}>open the row</Keys>
          <Keys keys={['[', ']']}>first and next page of the list</Keys>
          {Object.entries(places).map(([letter, [, name]]) => (
            <Keys key={letter} keys={['g', letter]}>
              {name}
            </Keys>
          ))}
          <Keys keys={['?']}>this help</Keys>
        </dl>
        <p class="small soft">
          {settings.value.shortcuts ? 'Single letters can be switched off in the ' : 'Single letters are switched off in the '}
          <a href={hrefOf('/settings')} onClick={closeDialog}>
            settings
          </a>
          . No key changes anything.
        </p>
      </div>
    </Dialog>
  )
}

function Keys({ keys, children }: { readonly keys: readonly string[]; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <dt>
        {keys.map((key, index) => (
          <>
            {index > 0 && ' '}
            <kbd>{key}</kbd>
          </>
        ))}
      </dt>
      <dd>{children}</dd>
    </>
  )
}
