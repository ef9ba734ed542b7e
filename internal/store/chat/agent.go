package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// SeeChatAgent notes that an agent is there, and returns whether this agent takes chats.
func (s Keeper) SeeChatAgent(ctx context.Context, user desk.UserID) (active bool, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		UPDATE chat_agents
		SET seen_at = clock_timestamp()
		WHERE user_id = $1
		RETURNING active`, user).Scan(&active)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("chat agent %d: %w", user, pg.Translate(err))
	}
	return active, nil
}

// SetChatAgent says whether an agent takes chats, who is there at this moment.
func (s Keeper) SetChatAgent(ctx context.Context, user desk.UserID, active bool) error {
	return pg.Exec(ctx, s.DB, "set chat agent", `
		INSERT INTO chat_agents (user_id, active)
		VALUES ($1, $2)
		ON CONFLICT (user_id) DO UPDATE
		SET active = $2, seen_at = clock_timestamp(), updated_at = now()`, user, active)
}

// ActiveChatAgents returns who takes chats and was seen lately.
func (s Keeper) ActiveChatAgents(ctx context.Context, lately time.Duration) ([]desk.ChatAgent, error) {
	seats, err := pg.Keyed[desk.UserID](ctx, s.DB, "active chat agents", `
		SELECT a.user_id, a.concurrent
		FROM chat_agents a
		JOIN users u ON u.id = a.user_id AND u.active
		WHERE a.active AND a.seen_at > clock_timestamp() - $1::interval AND `+directory.HoldsAny("u.id", "$2")+`
		ORDER BY 1
		LIMIT $3`, pg.Whole[int], lately, []string{"chat.agent", "chat"}, mostOpen)
	if err != nil {
		return nil, err
	}
	return s.agents(ctx, seats)
}

// ChatAgentsSeen returns everybody who was seen lately and may chat, whether they take chats or not.
func (s Keeper) ChatAgentsSeen(ctx context.Context) ([]desk.ChatAgent, error) {
	seats, err := pg.Keyed[desk.UserID](ctx, s.DB, "chat agents", `
		SELECT DISTINCT u.id, coalesce(a.concurrent, 5)
		FROM push_clients c
		JOIN users u ON u.id = c.user_id AND u.active
		LEFT JOIN chat_agents a ON a.user_id = u.id
		WHERE `+directory.HoldsAny("u.id", "$1")+`
		LIMIT $2`, pg.Whole[int], []string{"chat.agent", "chat"}, mostOpen)
	if err != nil {
		return nil, err
	}
	return s.agents(ctx, seats)
}

func (s Keeper) agents(ctx context.Context, seats map[desk.UserID]int) ([]desk.ChatAgent, error) {
	users, err := directory.On(s.DB).Users(ctx, slices.Collect(maps.Keys(seats)))
	if err != nil {
		return nil, err
	}
	agents := make([]desk.ChatAgent, 0, len(users))
	for _, id := range slices.Sorted(maps.Keys(users)) {
		agents = append(agents, desk.ChatAgent{User: users[id], Concurrent: seats[id]})
	}
	return agents, nil
}
