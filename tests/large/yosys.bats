# Yosys, which makes circuits out of Verilog: 31 MB, and its library of cells in a folder.
load large

setup_file() {
    use_large yosys @yowasp/yosys@0.55.944 gen/yosys.core.wasm
    node --input-type=module - <<'CODE'
import { mkdirSync, writeFileSync } from 'node:fs'
const { filesystem } = await import(`${process.cwd()}/package/gen/resources-yosys.js`)
const write = (path, tree) => {
    mkdirSync(path, { recursive: true })
    for (const [name, content] of Object.entries(tree))
        if (typeof content === 'string') writeFileSync(`${path}/${name}`, content)
        else if (!(content instanceof URL)) write(`${path}/${name}`, content)
}
write('root/share', filesystem.share)
CODE
    cp -r package/gen/share root/
    mkdir root/tmp
    cat >root/counter.v <<'CODE'
module counter(input clk, input reset, input [3:0] step, output reg [7:0] value);
    always @(posedge clk)
        if (reset) value <= 0;
        else value <= value + step * 3;
endmodule
CODE
}

@test "yosys: synthesises a counter" {
    expect_same -q -p 'read_verilog /counter.v; synth; write_json /counter.json; write_verilog /counter.net.v; stat'
    [ "$status" = 0 ]
    grep -qF '_SDFF_PP0_"' root.machine/counter.json
}

@test "yosys: for an iCE40, with its cells" {
    expect_same -q -p 'read_verilog /counter.v; synth_ice40 -json /counter.json'
    [ "$status" = 0 ]
    grep -q SB_DFFSR root.machine/counter.json
}

@test "yosys: an error in a source" {
    echo 'module broken(' >"$BATS_FILE_TMPDIR/root/broken.v"
    expect_same -q -p 'read_verilog /broken.v'
    [ "$status" = 1 ]
    grep -q 'syntax error' err.machine
}
