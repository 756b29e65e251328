# esbuild, which is written in Go, on a small project in a folder.
load large

setup_file() {
    use_large esbuild @esbuild/wasi-preview1@0.27.2 esbuild.wasm
    mkdir -p root/project/lib root/project/node_modules/left
    cd root/project
    cat >main.tsx <<'CODE'
import { greet, type Person } from './lib/greet'
import data from './data.json'
import { left } from 'left'
enum Colour { red = 1, green }
const people: Person[] = data.people
export const page = () => <ul>{people.map(person => <li>{left(greet(person), Colour.green)}</li>)}</ul>
CODE
    cat >lib/greet.ts <<'CODE'
export interface Person { name: string, age?: number }
export const greet = ({ name, age }: Person) => `hello ${name}${age ?? ''}`
export const unused = () => 1
CODE
    echo '{ "people": [{ "name": "Ada" }, { "name": "Alan", "age": 41 }] }' >data.json
    echo '{ "name": "left", "main": "left.js" }' >node_modules/left/package.json
    echo 'exports.left = (text, count) => " ".repeat(count) + text' >node_modules/left/left.js
    echo 'const = 1' >broken.js
}

@test "esbuild: bundles a project" {
    expect_same --bundle /project/main.tsx --outfile=/project/out.js --format=esm --log-level=warning
    [ "$status" = 0 ]
    grep -q 'require_left' root.machine/project/out.js
}

@test "esbuild: minifies it, with a source map" {
    expect_same --bundle /project/main.tsx --outdir=/project/out --minify --sourcemap --target=es2017 --log-level=warning
    [ "$status" = 0 ]
    [ -s root.machine/project/out/main.js.map ]
}

@test "esbuild: TypeScript from stdin" {
    echo 'let x: number = 1; export { x }' >"$BATS_FILE_TMPDIR/input"
    expect_same --loader=ts
    [ "$(head -n 1 out.machine)" = 'let x = 1;' ]
}

@test "esbuild: an error in a source" {
    expect_same /project/broken.js --bundle
    [ "$status" = 1 ]
    grep -q 'broken.js:1:6' err.machine
}
