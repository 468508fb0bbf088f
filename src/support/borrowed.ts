/** The type of values that their maker will overwrite. */
declare const borrowed: unique symbol;

/**
 * A value that the next call of the function it came from overwrites, unless that function names a later one: what must last
 * is copied (`slice`).
 *
 * It is a mark to be read: the types that follow from a function's own show it. The compiler does not know when the next call
 * comes, and it takes the value for a plain T wherever one is asked for, from where on nothing shows it any more.
 */
export type Borrowed<T> = T & { readonly [borrowed]?: never };
