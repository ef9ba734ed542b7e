package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

var firstnames = []string{
	"Alex", "Amira", "Anna", "Ben", "Carla", "Chen", "Clara", "Daniel", "Diego", "Elif", "Emma", "Erik", "Fatima", "Finn", "Greta",
	"Hanna", "Hugo", "Ida", "Igor", "Ines", "Jana", "Jonas", "Julia", "Kai", "Karim", "Lara", "Lena", "Leon", "Lin", "Luca", "Maja",
	"Marek", "Maria", "Mia", "Milan", "Nadia", "Nils", "Nora", "Olga", "Omar", "Paul", "Petra", "Priya", "Rosa", "Sami", "Sara", "Sofia",
	"Tariq", "Theo", "Tim", "Vera", "Yuki", "Zoe",
}

var lastnames = []string{
	"Adler", "Alves", "Andersen", "Bauer", "Becker", "Berg", "Blanc", "Brandt", "Castro", "Costa", "Dahl", "Dubois", "Ekström", "Fischer",
	"Garcia", "Haas", "Hansen", "Hoang", "Ivanov", "Jansen", "Kaya", "Keller", "Klein", "Kovac", "Kowalski", "Lange", "Larsen", "Lopez",
	"Martin", "Meyer", "Moreau", "Müller", "Nguyen", "Novak", "Okafor", "Olsen", "Patel", "Peters", "Popescu", "Ricci", "Rossi", "Sato",
	"Schmidt", "Silva", "Singh", "Sokolov", "Tanaka", "Torres", "Vogel", "Wagner", "Weber", "Wolf", "Yilmaz", "Zhang",
}

var trades = []string{
	"Logistics", "Foods", "Machines", "Travel", "Clinic", "Software", "Textiles", "Construction", "Books", "Energy", "Optics", "Media",
}

var cities = []string{
	"Berlin", "Hamburg", "Wien", "Zürich", "Praha", "København", "Lyon", "Milano", "Porto", "Gdańsk", "Utrecht", "Graz", "Brno", "Malmö",
}

var things = []string{
	"Printer on the third floor", "Order %d", "Invoice %d", "Access to the shared folder", "Laptop of a new colleague", "Delivery %d",
	"Password for the intranet", "Video call in room %d", "Return of order %d", "Contract %d", "Mailbox of our team", "Web shop",
	"Coffee machine", "VPN from home", "Monthly report", "Parking permit", "Payment by card", "Customer account %d", "Phone in the lobby",
	"Update of last night",
}

var troubles = []string{
	"does not work", "is late", "is missing", "shows an error", "was charged twice", "has the wrong address", "needs a change", "is slow",
	"arrived damaged", "can't be found", "keeps disconnecting", "should be cancelled", "asks for a password", "has stopped answering",
}

var greetings = []string{"Hello,", "Good morning,", "Hi there,", "Dear support team,", "Guten Tag,", "Bonjour,"}

var questions = []string{
	"Since this morning nothing happens when we try.", "Could you please have a look at it today?", "We have already restarted everything twice.",
	"My colleague sees the same on another computer.", "It worked until the end of last week.", "The attached number is the one from your letter.",
	"We need it for a customer who is waiting.", "Please tell me what it will cost before you start.", "I have tried the steps from your help page.",
	"There was a message, but I closed it too soon.", "You can call me after two o'clock.", "It is not urgent, but it should not be forgotten.",
	"The last time somebody from your team fixed it within minutes.", "Is there anything that we have to prepare?",
	"The amount differs from what we agreed on.", "Three of us are affected, all on the same floor.",
}

var replies = []string{
	"Thank you for your patience.", "We have found the cause and are working on it.", "Could you send us a picture of the message?",
	"A replacement is on its way to you.", "Please try again and tell us whether it works now.", "We have corrected the amount and sent a new document.",
	"This takes until tomorrow, because a part has to be ordered.", "I have passed this on to the colleagues who look after it.",
	"The account is open again, with a new password by separate mail.", "We could not reproduce it here.", "Your address has been changed.",
	"Nothing has to be done on your side.", "We will call you this afternoon.", "The update of last night has been taken back.",
}

var notes = []string{
	"Called the customer, nobody answered.", "Same cause as last week, see there.", "Waiting for the supplier.", "Checked the log: nothing unusual.",
	"Agreed with the team lead.", "Discount is fine up to ten percent.", "Please close when the parcel has arrived.",
}

// subject makes a ticket's title.
func subject(rnd *rand.Rand) string {
	thing := pick(rnd, things)
	if strings.Contains(thing, "%d") {
		thing = fmt.Sprintf(thing, 1000+rnd.IntN(90_000))
	}
	return thing + " " + pick(rnd, troubles)
}

// letter makes a message of a few sentences.
func letter(rnd *rand.Rand, sentences []string, from string) string {
	var b strings.Builder
	b.WriteString(pick(rnd, greetings))
	b.WriteString("\n\n")
	for range 2 + rnd.IntN(6) {
		b.WriteString(pick(rnd, sentences))
		b.WriteByte(' ')
	}
	b.WriteString("\n\nRegards\n")
	b.WriteString(from)
	return b.String()
}
