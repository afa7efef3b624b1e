/** runtime.moduledata, run-time addresses. Source: runtime/symtab.go. */
export interface ModuleData {
  address: number
  pcHeader: number
  /** Slices of the pclntab: address of the first byte, length in bytes. */
  funcnametab: { address: number; length: number }
  cutab: { address: number; length: number }
  filetab: { address: number; length: number }
  pctab: { address: number; length: number }
  pclntable: { address: number; length: number }
  /** ftab: length in entries of 8 bytes {entryoff u32, funcoff u32}. */
  ftab: { address: number; length: number }
  minpc: number
  maxpc: number
  text: number
  etext: number
  noptrdata: number
  enoptrdata: number
  data: number
  edata: number
  bss: number
  ebss: number
  noptrbss: number
  enoptrbss: number
  /** Base of type offsets; [types, etypes) holds the type descriptors. */
  types: number
  etypes: number
  rodata: number
  /** Base of funcdata offsets. */
  gofunc: number
  /** runtime.bitvector{n bits, bytedata}: pointer masks over data and bss, a bit a word. */
  gcdatamask: { bits: number; address: number }
  gcbssmask: { bits: number; address: number }
  /** undefined in Go >= 1.27. */
  typelinks: { address: number; length: number } | undefined
  itablinks: { address: number; length: number } | undefined
  /** Go >= 1.27: bytes of consecutive type descriptors from types on. */
  typedescLength: number | undefined
}
