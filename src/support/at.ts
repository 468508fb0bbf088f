/** What is known to be there, where the compiler cannot know it: checked, so that a mistake shows where it is made. */

/** The item at a place. @throws RangeError where there is none: a programming error. */
export function at<T>(items: ArrayLike<T>, place: number): T {
  const item = items[place];
  if (item === undefined) throw new RangeError(`no item ${place} among ${items.length}`);
  return item;
}

/** The last item. @throws RangeError where there is none: a programming error. */
export const last = <T>(items: ArrayLike<T>): T => at(items, items.length - 1);

/** The value of a name. @throws RangeError where there is none: a programming error. */
export function named<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name];
  if (value === undefined) throw new RangeError(`no ${name} among ${Object.keys(values).join(', ')}`);
  return value;
}
