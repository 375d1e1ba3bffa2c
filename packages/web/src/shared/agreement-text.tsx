// The text of an agreement. It is made of elements and texts only, so that nothing in it can run.
import { Fragment, h, type VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { blocksOf, type Block, type ListItem, type Span } from './agreement-blocks.ts'

/** @param top the level of its first headings: below the heading that it stands under */
export function AgreementText({ text, top = 3 }: { readonly text: string; readonly top?: number }): VNode {
  const blocks = useMemo(() => blocksOf(text), [text])
  return (
    <div class="agreement-text" dir="auto">
      <Blocks blocks={blocks} top={top} />
    </div>
  )
}

function Blocks({ blocks, top }: { readonly blocks: readonly Block[]; readonly top: number }): VNode {
  return (
    <>
      {blocks.map((block, index) =>
        block.kind === 'heading' ? (
          h(`h${Math.min(top + block.level - 1, 6)}`, { key: index }, <Spans spans={block.spans} />)
        ) : block.kind === 'paragraph' ? (
          <p key={index}>
            <Spans spans={block.spans} />
          </p>
        ) : (
          h(block.isNumbered ? 'ol' : 'ul', { key: index }, <Items items={block.items} top={top} />)
        ),
      )}
    </>
  )
}

function Items({ items, top }: { readonly items: readonly ListItem[]; readonly top: number }): VNode {
  return (
    <>
      {items.map(({ number, spans, within }, index) => (
        <li key={index} value={number}>
          <Spans spans={spans} />
          {within.length > 0 && <Blocks blocks={within} top={top} />}
        </li>
      ))}
    </>
  )
}

function Spans({ spans }: { readonly spans: readonly Span[] }): VNode {
  return (
    <>
      {spans.map(({ text, href, isStrong }, index) => {
        const shown = spellOutInvisible(text)
        if (href !== undefined)
          return (
            <a key={index} href={href} target="_blank" rel="noreferrer noopener" title={spellOutInvisible(href)}>
              {shown}
            </a>
          )
        return isStrong ? <strong key={index}>{shown}</strong> : <Fragment key={index}>{shown}</Fragment>
      })}
    </>
  )
}
