/** The type of values that their maker will overwrite. */
declare const lender: unique symbol;

/** A value that the next call of the function it came from overwrites: what must last is copied (`slice`). */
export type Borrowed<T> = T & { readonly [lender]?: never };
