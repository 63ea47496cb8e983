// Loaded by `node --import` before the command line: wraps the calls of `node:fs` by which Sluice's own process
// works on its lake and on its caches. Each call is written down; at one of them the process dies, waits, or is
// told an error of the operating system. SLUICE_TEST_HOOK says which, as JSON: the type `Hook` of `hooked.ts`.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'
import { applyVariant } from './variants.mjs'

const { project, log, at, variant, strace } = JSON.parse(process.env.SLUICE_TEST_HOOK ?? '{}')
// What the processes below it inherit.
delete process.env.SLUICE_TEST_HOOK
delete process.env.NODE_OPTIONS
const real = { ...fs, promises: { ...fs.promises } }
const logFile = log === undefined ? undefined : real.openSync(log, 'a')

/** The folders whose calls count; the last one by itself, as the folder that the lake's name is in. */
const places = { 'storage/lake': 'lake', '.sluice': 'cache', storage: 'above' }
/** Ids are cut out, so that a call has the same name in every run. */
const ids = [
  [/\.(tmp|staging)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '.$1'],
  [/\b[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}\b/g, '<id>'],
  [/\.[0-9a-f-]{36}\.tmp$/g, '.tmp'],
  // Numbers of commits have 20 digits.
  [/\b(?=\d*[a-f])[0-9a-f]{12,64}\b/g, '<hash>'],
  [/engine-[0-9a-f]{8}-\d+-/g, 'engine-'],
]
const counts = new Map()

/** A path through a folder that is held, as that folder is named now. */
function named(file) {
  if (typeof file === 'number') return real.readlinkSync(`/proc/self/fd/${file}`)
  const [held] = /^\/proc\/self\/fd\/\d+/.exec(file) ?? []
  return held === undefined ? file : real.readlinkSync(held) + file.slice(held.length)
}

/** Such as `lake link sluice.json #2`; undefined for what lies elsewhere. */
function nameOf(call, given) {
  if (typeof given !== 'string' && typeof given !== 'number') return undefined
  const file = named(given)
  const relative = path.relative(project, file).split(path.sep).join('/')
  const folder = Object.keys(places).find(
    (name) => relative === name || (name !== 'storage' && relative.startsWith(`${name}/`)),
  )
  if (folder === undefined) return undefined
  const inside = relative.slice(folder.length + 1)
  const name = `${places[folder]} ${call} ${ids.reduce((text, [from, to]) => text.replaceAll(from, to), inside)}`
  counts.set(name, (counts.get(name) ?? 0) + 1)
  return `${name} #${counts.get(name)}`
}

function die() {
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way.
  for (;;);
}

const numbers = { EACCES: -13, EIO: -5, EMFILE: -24, ENOSPC: -28, EXDEV: -18 }

function failure(errno, call, file) {
  const error = new Error(`${errno}: injected, ${call} '${file}'`)
  return Object.assign(error, { code: errno, errno: numbers[errno] ?? -1, syscall: call, path: file })
}

function writeDown(moment, name, file, from = '') {
  if (logFile !== undefined && name !== undefined)
    real.writeSync(logFile, `${[moment, name, named(file), named(from)].join('\t')}\n`)
}

let begun = false

/** Whether a call is the one at which something is to happen, or one of those that match from there on. */
function isHere(name) {
  if (name === undefined || at === undefined) return false
  begun ||= at.name === name
  return at.name === name || (begun && at.all !== undefined && new RegExp(at.all).test(name))
}

/** What happens instead of a call, or before it. */
function enter(call, file, from) {
  if (at.swap !== undefined) swap(named(at.swap.from === true ? from : file))
  if (at.kill === 'before') die()
  if (at.errno !== undefined) throw failure(at.errno, call, file)
}

/** Moves a path, or a folder that it is in, away, and puts a link there. */
function swap(file) {
  const place = Array.from({ length: at.swap.up }).reduce((below) => path.dirname(below), file)
  if (real.existsSync(place)) real.renameSync(place, at.swap.moved)
  real.symlinkSync(at.swap.to, place)
  real.writeFileSync(at.swap.done, place)
}

/** Waits until the test lets it go on. */
async function pause() {
  real.writeFileSync(at.reached, '')
  while (!real.existsSync(at.pause)) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function around(call, file, work, from) {
  const name = nameOf(call, file)
  writeDown('begin', name, file, from)
  const here = isHere(name)
  if (here) enter(call, file, from)
  if (here && at.pause !== undefined) await pause()
  const result = await work()
  if (here && at.kill === 'after') die()
  writeDown('end', name, file, from)
  return result
}

function aroundSync(call, file, work) {
  const name = nameOf(call, file)
  writeDown('begin', name, file)
  const here = isHere(name)
  if (here) enter(call, file)
  const result = work()
  if (here && at.kill === 'after') die()
  writeDown('end', name, file)
  return result
}

async function open(file, flags, ...rest) {
  const handle = await around(flags === 'wx' ? 'create' : 'open', file, () =>
    promises.open(file, flags, ...rest),
  )
  const { writeFile, sync, close } = { writeFile: handle.writeFile, sync: handle.sync, close: handle.close }
  handle.writeFile = async (bytes) => {
    // What fails or dies midway has written a part.
    const half = Math.floor(bytes.length / 2)
    await handle.write(bytes.subarray(0, half))
    await around('write', file, () => writeFile.call(handle, bytes.subarray(half)))
  }
  handle.sync = () => around('sync', file, () => sync.call(handle))
  handle.close = async () => {
    await close.call(handle)
    await around('close', file, () => undefined)
  }
  return handle
}

const { promises } = real
for (const call of ['readFile', 'unlink', 'mkdir', 'rmdir', 'rm', 'lstat', 'stat', 'realpath', 'readdir'])
  fs.promises[call] = (file, ...rest) => around(call, file, () => promises[call](file, ...rest))
const halfway = (file) => around('half', file, () => undefined)
// Wrong drivers know nothing of folders that are held.
const plain = variant === undefined ? (file) => file : named
const { link, rename } = applyVariant(variant, promises, halfway)
if (variant === 'trusting') {
  // Whatever is asked where it leads is said to be where it should.
  fs.promises.realpath = async (file) => path.resolve(file)
  fs.promises.readlink = async () => path.join(project, 'storage/lake')
}
fs.promises.link = (from, to) => around('link', to, () => link(plain(from), plain(to)), from)
fs.promises.rename = (from, to) => around('rename', to, () => rename(plain(from), plain(to)), from)
fs.promises.open = open
// Appending ends in writeFileSync.
for (const call of ['writeFileSync', 'renameSync', 'mkdirSync', 'rmSync', 'readFileSync'])
  fs[call] = (file, ...rest) => aroundSync(call, file, () => real[call](file, ...rest))

if (strace !== undefined) {
  // One of the processes that Sluice starts runs under strace, so that its faults hit no other.
  const { fork } = childProcess
  childProcess.fork = (entry, options) => {
    if (!String(entry).endsWith(`/${strace.entry}.js`)) return fork(entry, options)
    const execArgv = [...strace.args, process.execPath, ...options.execArgv]
    return fork(entry, Object.assign({}, options, { execPath: 'strace', execArgv }))
  }
}
syncBuiltinESMExports()
