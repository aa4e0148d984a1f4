// Runs ONNX models in ONNX Runtime.
//
//   node onnxruntime.cjs --probe                           prints the version of onnxruntime-node; status 1 without it
//   node onnxruntime.cjs MODEL FOLDER INPUT=FILE.npy...    writes FOLDER/OUTPUT.npy for every output, float32
//   node onnxruntime.cjs --serve THREADS                   the same for each line of standard input, words apart by
//                                                          tabs, with models and inputs kept; answers with the run's
//                                                          milliseconds. FOLDER "-": nothing is written
//
// npm install --ignore-scripts onnxruntime-node; NODE_PATH says where, if not above this file.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");

process.env.ORT_DISABLE_TELEMETRY = "1"; // its releases report their use to Microsoft otherwise
let ort;
try {
  ort = require("onnxruntime-node");
} catch {
  console.error("node does not find onnxruntime-node");
  process.exit(1);
}

const TYPES = {
  "<f4": ["float32", Float32Array],
  "<i4": ["int32", Int32Array],
  "<i8": ["int64", BigInt64Array],
};

// NumPy's format, version 1: magic and version, length of the header, header, elements.
function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const end = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, end);
  const [type, Elements] = TYPES[/'descr': *'([^']*)'/.exec(header)[1]];
  const sizes = /'shape': *\(([^)]*)\)/.exec(header)[1].split(",").filter((s) => s.trim() !== "").map(Number);
  const data = new Elements(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length));
  return new ort.Tensor(type, data, sizes);
}

function writeNpy(file, tensor) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tensor.dims.map((d) => d + ",").join(" ")}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const start = Buffer.alloc(10);
  start.write("\x93NUMPY\x01\x00", "latin1");
  start.writeUInt16LE(header.length, 8);
  const data = Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  fs.writeFileSync(file, Buffer.concat([start, Buffer.from(header, "latin1"), data]));
}

class Runner {
  constructor(threads) {
    // Threads that spin after a run would take the processor from whoever is measured next.
    const extra = { session: { force_spinning_stop: "1" } };
    this.options = { intraOpNumThreads: threads, interOpNumThreads: 1, extra };
    this.sessions = new Map();
    this.tensors = new Map();
  }

  // Returns the milliseconds of the run itself.
  async run([model, folder, ...inputs]) {
    if (!this.sessions.has(model)) this.sessions.set(model, await ort.InferenceSession.create(model, this.options));
    const session = this.sessions.get(model);
    const feeds = {};
    for (const input of inputs) {
      const [name, file] = input.split("=");
      if (!this.tensors.has(file)) this.tensors.set(file, readNpy(file));
      feeds[name] = this.tensors.get(file);
    }
    const start = performance.now();
    const results = await session.run(feeds);
    const milliseconds = performance.now() - start;
    if (folder !== "-") {
      for (const name of session.outputNames) writeNpy(path.join(folder, name + ".npy"), results[name]);
    }
    return milliseconds;
  }
}

async function main(args) {
  if (args[0] === "--probe") return console.log(ort.env.versions.node);
  if (args[0] !== "--serve") return new Runner(1).run(args);
  const runner = new Runner(Number(args[1]));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log((await runner.run(line.split("\t"))).toFixed(4));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
