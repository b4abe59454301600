package synthetic

import "fmt"

// Plant says what is hidden in a table, to be found again.
type Plant string

// What can be planted. The zero value is PlantGroups.
const (
	PlantGroups   Plant = "groups"   // niche groups among bank customers: what search is to find
	PlantSegments Plant = "segments" // a partition of bank customers by rules, with a rate each: what segment is to find
	PlantClusters Plant = "clusters" // a mixture of kinds of shoppers: what kmeans is to find
)

func (p Plant) orDefault() Plant {
	if p == "" {
		return PlantGroups
	}
	return p
}

// validatePlant reports a plant that is unknown or that lacks its columns.
func (c Config) validatePlant() error {
	var least int
	switch c.Plant.orDefault() {
	case PlantGroups:
	case PlantSegments:
		least = segmentTraits
	case PlantClusters:
		least = clusterTraits
	default:
		return fmt.Errorf("plant: %q is not one of %s, %s, %s", c.Plant, PlantGroups, PlantSegments, PlantClusters)
	}
	if c.Features < least && c.Features >= 1 {
		return fmt.Errorf("features: %d are too few: %s are planted in the first %d", c.Features, c.Plant, least)
	}
	return nil
}

// traits are the named columns of a plant's table.
func (p Plant) traits() []column {
	if p == PlantClusters {
		return shopperTraits[:]
	}
	return traits[:]
}

// parts are the names and weights of the segments or clusters that a plant
// puts everybody in; none of groups, which few are in.
func (p Plant) parts() (names []string, weights []int) {
	switch p {
	case PlantSegments:
		for i := range segments {
			names, weights = append(names, segments[i].name), append(weights, segments[i].weight)
		}
	case PlantClusters:
		for i := range clusters {
			names, weights = append(names, clusters[i].name), append(weights, clusters[i].weight)
		}
	}
	return names, weights
}

// part returns the segment or cluster of a row.
func (g *generator) part(k key) int { return int(g.parts.at(k.draw(forPart))) }

// customer makes the traits of a row and says, by bits, in which of the planted
// groups it lies, or in which segment or cluster.
func (g *generator) customer(k key, c *customer) (in uint64) {
	switch g.plant {
	case PlantSegments:
		of := g.part(k)
		c.makeMember(k, of)
		return 1 << of
	case PlantClusters:
		of := g.part(k)
		c.makeShopper(k, of)
		return 1 << of
	}
	c.make(k)
	for i := range g.groups {
		if g.groups[i].holds(c) {
			in |= 1 << i
		}
	}
	return in
}
