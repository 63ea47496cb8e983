import { createHash } from 'node:crypto'
import { lstat, readFile, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { randomFrom } from '../storage/chance.ts'

/** Texts that mean something to SQL, to shells, file systems, JavaScript, YAML, terminals or readers of Unicode. */
const pieces: readonly string[] = [
  // SQL
  "'", '"', '`', ';', '--', '/*', '*/', '$$', '$1', '?', '\\', "'); DROP TABLE canary; --", '"; DROP TABLE canary; --',
  `" FROM read_csv('/etc/passwd') --`, "' || getenv('HOME') || '", "x'); UPDATE canary SET n = 2; --", "E'\\'; DROP TABLE canary; --",
  "1; COPY canary TO 'escaped.csv'", '"); ATTACH \'escaped.db\' AS e; --', '$$; SET threads = 1; $$', '@raw', '"@raw"', 'select', 'NULL', '*',
  "''", '""', "\\'", "a') UNION SELECT ('b", '%s', '%_', 'rowid', 'main.canary', 'COLUMNS(*)', '{a}', '[1]',
  // Paths
  '.', '..', '../escaped', '../../escaped', '../../../escaped', '..\\escaped', '/etc/passwd', 'C:\\escaped', '\\\\host\\share', 'file:///escaped',
  '~', '~/escaped', '%2e%2e%2fescaped', '%2e', 'a/../../../escaped', './x', 'a//b', '/', '\\', 'CON', 'nul.txt', 'com1', 'LPT9', 'aux.parquet',
  'a.', 'a ', ' a', 'a:b', 'a|b', 'a<b>', 'a?b', 'part-*.parquet', 'a[0-9]', 'x.csv', 'a=b', '.git', '.sluice', '-', '--force', '-e', '--env=prod',
  // Shells, JavaScript, YAML, regular expressions
  '${process.env.HOME}', '${HOME}', '$(touch escaped)', '`touch escaped`', '| touch escaped', '& touch escaped', '__proto__', 'constructor',
  'prototype', 'toString', 'hasOwnProperty', '</script>', '!!js/function', '<<: *x', '&a', '(a+)+$', '[', 'null', 'true', '1e400', '-0', '{{x}}',
  // Control characters, terminals, workflows
  'a\0b', '\n', 'a\nb', '\r', 'a\tb', '\b', '\u001b[31m', '\u001b]0;x\u0007', '\u001b[2J', '\u009b31m', '::set-output name=a::b', '##[group]', '\u007f',
  // Unicode
  '\u202egpj', '\u2066a', '\u200b', 'a\u200b', '\ufeff', '\u00a0', '\u2028', 'sаles', 'é', 'e\u0301', 'Å', '\u212b', 'ﬁ', 'İ', 'ı', 'ß', 'SS', 'ſ',
  'Sales', 'sales', 'SALES', '\u{1f600}', '\u{e0041}', '\uffff', '\ud800', 'a\udfff', '／', '．．／escaped', '＇', '；', '日本',
  // Lengths: 255 bytes is what most file systems take
  '', 'a'.repeat(100), 'a'.repeat(101), 'a'.repeat(200), 'a'.repeat(255), 'a'.repeat(256), 'ü'.repeat(128), 'a'.repeat(5000), '../'.repeat(30) + 'escaped', 'a.'.repeat(50),
] // prettier-ignore

/** So many different hostile texts: first the pieces themselves, then two or three of them in one. */
export function hostileTexts(count: number, seed: number): string[] {
  const chance = randomFrom(seed)
  const any = () => pieces[Math.floor(chance() * pieces.length)] ?? ''
  const made = new Set(pieces)
  while (made.size < count) {
    const [a, b, c] = [any(), any(), any()]
    made.add([a + b, `a${a}b`, `${a}.${b}`, a + b + c, `silver.${a}`][Math.floor(chance() * 5)] ?? '')
  }
  return [...made].slice(0, count)
}

/** Every file, folder and link below a folder with what it holds, but for some folders, by their paths. */
export async function treeOf(folder: string, skip: readonly string[]): Promise<Record<string, string>> {
  const tree: Record<string, string> = {}
  const walk = async (at: string): Promise<void> => {
    if (skip.includes(at)) return
    const stats = await lstat(at)
    if (stats.isSymbolicLink()) tree[path.relative(folder, at)] = `-> ${await readlink(at)}`
    else if (stats.isDirectory()) {
      tree[path.relative(folder, at)] = 'folder'
      for (const name of await readdir(at)) await walk(path.join(at, name))
    } else
      tree[path.relative(folder, at)] = createHash('sha256')
        .update(await readFile(at))
        .digest('hex')
  }
  await walk(folder)
  return tree
}
