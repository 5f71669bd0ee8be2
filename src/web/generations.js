// Places the people of a family in rows by generation, relatives near each other.

const SWEEPS = 8;
const STEPS = { f: 1, m: 1, g: 2 };

/** For each person a row, and a column that may be a fraction; with the numbers of both. */
export function arrange(people, relationships) {
  const rowOf = generations(people, relationships);
  const rows = [];
  for (const person of people) (rows[rowOf.get(person)] ??= []).push(person);
  const { near, unitOf } = bonds(people, relationships, rowOf);
  const columns = new Map();
  for (const row of rows) row.forEach((person, index) => columns.set(person, index - (row.length - 1) / 2));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? [...rows].reverse() : rows) settle(row, near, unitOf, columns);
  }
  const least = Math.min(...columns.values());
  const places = people.map((person) => [person, { row: rowOf.get(person), column: columns.get(person) - least }]);
  return { places: new Map(places), columns: Math.max(...columns.values()) - least + 1, rows: rows.length };
}

/** The row of each person: 0 for the eldest that are linked. */
function generations(people, relationships) {
  const links = new Map(people.map((person) => [person, []]));
  for (const { person_a, person_b, relation } of relationships) {
    const step = relation ? stepOf(relation) : 0;
    links.get(person_a)?.push([person_b, step]);
    links.get(person_b)?.push([person_a, -step]);
  }
  const rowOf = new Map();
  for (const start of people) {
    if (rowOf.has(start)) continue;
    const group = reach(start, links);
    const top = Math.min(...group.values());
    for (const [person, row] of group) rowOf.set(person, row - top);
  }
  return compact(rowOf);
}

function reach(start, links) {
  const group = new Map([[start, 0]]);
  for (const [person, row] of group) {
    for (const [other, step] of links.get(person))
      if (!group.has(other) && links.has(other)) group.set(other, row + step);
  }
  return group;
}

/** Leaves no row empty. */
function compact(rowOf) {
  const used = [...new Set(rowOf.values())].sort((one, other) => one - other);
  return new Map([...rowOf].map(([person, row]) => [person, used.indexOf(row)]));
}

function stepOf(relation) {
  return ["bb", "ss", "sibs"].includes(relation) ? 0 : STEPS[relation[0]];
}

/** Who wants to be near whom, as parents and children do; and who stand side by side, for they have a child together. */
function bonds(people, relationships, rowOf) {
  const near = new Map(people.map((person) => [person, []]));
  const unitOf = new Map(people.map((person) => [person, person]));
  const parents = new Map();
  for (const { person_a, person_b } of relationships) {
    if (rowOf.get(person_b) - rowOf.get(person_a) !== 1) continue;
    near.get(person_a).push(person_b);
    near.get(person_b).push(person_a);
    parents.set(person_b, [...(parents.get(person_b) ?? []), person_a]);
  }
  for (const couple of parents.values()) {
    const units = couple.map((person) => unitOf.get(person));
    for (const [person, unit] of unitOf) if (units.includes(unit)) unitOf.set(person, units[0]);
  }
  return { near, unitOf };
}

/** Moves the units of a row towards the middle of whom they want to be near, its people a column apart. */
function settle(row, near, unitOf, columns) {
  const wish = new Map(
    row.map((person) => {
      const wanted = near.get(person).map((other) => columns.get(other));
      return [person, wanted.length ? mean(wanted) : columns.get(person)];
    }),
  );
  const units = [...new Set(row.map((person) => unitOf.get(person)))].map((unit) => {
    const people = row
      .filter((person) => unitOf.get(person) === unit)
      .sort((one, other) => wish.get(one) - wish.get(other));
    return { people, start: mean(people.map((person) => wish.get(person))) - (people.length - 1) / 2 };
  });
  units.sort((one, other) => one.start + one.people.length / 2 - other.start - other.people.length / 2);
  let next = -Infinity;
  let drift = 0;
  for (const { people, start } of units) {
    const first = Math.max(start, next);
    people.forEach((person, index) => columns.set(person, first + index));
    next = first + people.length;
    drift += (first - start) * people.length;
  }
  for (const person of row) columns.set(person, columns.get(person) - drift / row.length);
}

export function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
