/** What workstations are called: by site and id, for one id may be used at several sites for different things. */

const keyOf = (site, id) => JSON.stringify([site, id]);

/** The names of the workstations of a floor, for placeName. */
export const placesOf = (floor) => new Map(floor.workstations.map((row) => [keyOf(row.site, row.station_id), row.name]));

/** What a workstation is called; by its id where it has no name. */
export const placeName = (places, site, id) => places.get(keyOf(site, id)) || id;
